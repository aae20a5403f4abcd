import { emit, type Tx } from '../ground/index.ts';

/** A contract has a new revision. */
export function emitApplied(
  tx: Tx,
  event: {
    readonly orgId: string;
    readonly contract: string;
    readonly revision: number;
    readonly digest: string;
    /** RFC 3339; absent: in force at once. */
    readonly activatesAt?: string;
  },
): Promise<void> {
  const { orgId, ...data } = event;
  return emit(tx, { orgId, type: 'contract.applied', data });
}

/** A contract has left the lists: no workflow owed it. */
export function emitDeleted(
  tx: Tx,
  event: { readonly orgId: string; readonly contract: string },
): Promise<void> {
  const { orgId, ...data } = event;
  return emit(tx, { orgId, type: 'contract.deleted', data });
}

/** A workflow owes a contract from now on. */
export function emitWorkflowCreated(
  tx: Tx,
  event: { readonly orgId: string; readonly workflowId: string },
): Promise<void> {
  const { orgId, ...data } = event;
  return emit(tx, { orgId, type: 'contract.workflow-created', data });
}

/** What a workflow owes, or what is said of it, has changed. */
export function emitWorkflowUpdated(
  tx: Tx,
  event: { readonly orgId: string; readonly workflowId: string },
): Promise<void> {
  const { orgId, ...data } = event;
  return emit(tx, { orgId, type: 'contract.workflow-updated', data });
}

/** No run of the workflow begins any more. */
export function emitWorkflowDeleted(
  tx: Tx,
  event: { readonly orgId: string; readonly workflowId: string; readonly deletion: string },
): Promise<void> {
  const { orgId, ...data } = event;
  return emit(tx, { orgId, type: 'contract.workflow-deleted', data });
}

/** A version of a project is released. */
export function emitReleased(
  tx: Tx,
  event: { readonly orgId: string; readonly project: string; readonly version: string },
): Promise<void> {
  const { orgId, ...data } = event;
  return emit(tx, { orgId, type: 'contract.version-released', data });
}
