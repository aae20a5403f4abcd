import { nearest, quoted } from '@waybill/core/bytes';
import type { Tx } from '../ground/index.ts';
import { type Action, authorize, type Principal, scopeCovers } from '../identity/index.ts';
import { contractError } from './errors.ts';
import { isId, isName } from './name.ts';
import {
  type ContractRow,
  type FindContract,
  type FullRevision,
  findContract,
  findRevisionRow,
  listContractNames,
} from './queries/contracts.ts';
import {
  type FindWorkflow,
  findWorkflowRow,
  listWorkflowRows,
  type WorkflowKey,
  type WorkflowRow,
} from './queries/workflows.ts';

/** Names of others are suggested only to those who may list them. */
export interface Suggesting {
  readonly suggest: boolean;
}

interface FindOptions extends Suggesting {
  readonly lock?: FindContract['lock'];
}

/** A contract by name or id, archived ones too. Throws `contract_not_found`. */
export async function requireContract(tx: Tx, wanted: string, options: FindOptions): Promise<ContractRow> {
  const found = await findByNameOrId(tx, wanted, options.lock);
  if (found !== undefined) return found;
  throw await notFound(tx, wanted, options);
}

/** One that a workflow may owe. Throws `contract_not_found`. */
export async function requireUsable(tx: Tx, wanted: string, options: FindOptions): Promise<ContractRow> {
  const found = await requireContract(tx, wanted, options);
  if (found.archivedAt === null) return found;
  throw contractError(
    'contract_not_found',
    `the contract ${found.name} was deleted: waybill contract apply brings it back, with its next revision`,
  );
}

export async function findByNameOrId(
  tx: Tx,
  wanted: string,
  lock?: FindContract['lock'],
): Promise<ContractRow | undefined> {
  if (isId(wanted)) {
    const byId = await findContract(tx, { by: 'id', value: wanted, lock });
    if (byId !== undefined) return byId;
  }
  return isName(wanted) ? findContract(tx, { by: 'name', value: wanted, lock }) : undefined;
}

async function notFound(tx: Tx, wanted: string, { suggest }: Suggesting): Promise<Error> {
  const meant = nearest(wanted, suggest ? await listContractNames(tx) : []);
  return contractError(
    'contract_not_found',
    `no contract named ${quoted(wanted)}: ${meant ? `did you mean ${meant}?` : 'create it with waybill contract apply'}`,
    meant ? { detail: { suggestion: meant } } : {},
  );
}

/** Throws `contract_revision_not_found`. */
export async function requireRevision(
  tx: Tx,
  contract: ContractRow,
  revision: number,
): Promise<FullRevision> {
  const exists = revision >= 1 && revision <= contract.latestRevision;
  const found = exists ? await findRevisionRow(tx, contract.id, revision) : undefined;
  if (found !== undefined) return found;
  throw contractError(
    'contract_revision_not_found',
    `the contract ${contract.name} has the revisions 1 to ${contract.latestRevision}, found ${revision}`,
  );
}

/** One that runs, or may. Throws `contract_workflow_not_found`. */
export async function requireWorkflow(
  tx: Tx,
  workflow: { readonly project: string; readonly name: string },
  options: FindWorkflow & Suggesting,
): Promise<WorkflowRow> {
  const found = await lookUpWorkflow(tx, workflow, options);
  if (found !== undefined && found.archivedAt === null) return found;
  throw await workflowNotFound(tx, `${workflow.project}/${workflow.name}`, options);
}

/**
 * One that the principal may do `action` to, archived ones too. By an id one outside of its scope is as unknown as one
 * that is not there. Throws `contract_workflow_not_found`, `identity_forbidden`.
 */
export async function requireVisibleWorkflow(
  tx: Tx,
  principal: Principal,
  { key, action, lock }: FindWorkflow & { readonly key: WorkflowKey; readonly action: Action },
): Promise<WorkflowRow> {
  if (!('id' in key)) authorize(principal, action, { project: key.project, workflow: key.name });
  const found = await lookUpWorkflow(tx, key, { lock });
  const place = found && { project: found.project, workflow: found.name };
  if (place && scopeCovers(principal.scope, place)) {
    authorize(principal, action, place);
    return found;
  }
  const wanted = 'id' in key ? key.id : `${key.project}/${key.name}`;
  throw await workflowNotFound(tx, wanted, { suggest: principal.scope.type === 'organization' });
}

async function lookUpWorkflow(
  tx: Tx,
  key: WorkflowKey,
  options: FindWorkflow,
): Promise<WorkflowRow | undefined> {
  const isNamed = 'id' in key ? isId(key.id) : isName(key.project) && isName(key.name);
  return isNamed ? findWorkflowRow(tx, key, options) : undefined;
}

async function workflowNotFound(tx: Tx, wanted: string, { suggest }: Suggesting): Promise<Error> {
  const names = suggest ? (await listWorkflowRows(tx)).map((row) => `${row.project}/${row.name}`) : [];
  const meant = nearest(wanted, names);
  return contractError(
    'contract_workflow_not_found',
    `no workflow ${quoted(wanted)}: ${meant ? `did you mean ${meant}?` : 'create it with waybill workflow create'}`,
    meant ? { detail: { suggestion: meant } } : {},
  );
}
