import { nearest, quoted } from '@waybill/core/bytes';
import type { Tx } from '../ground/index.ts';
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
import { findWorkflowRow, listWorkflowRows, type WorkflowRow } from './queries/workflows.ts';

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

/** Throws `contract_workflow_not_found`. */
export async function requireWorkflow(
  tx: Tx,
  workflow: { readonly project: string; readonly name: string },
  { suggest }: Suggesting,
): Promise<WorkflowRow> {
  const isNamed = isName(workflow.project) && isName(workflow.name);
  const found = isNamed ? await findWorkflowRow(tx, workflow.project, workflow.name) : undefined;
  if (found !== undefined) return found;
  const wanted = `${workflow.project}/${workflow.name}`;
  const names = suggest
    ? (await listWorkflowRows(tx, { projects: [] })).map((row) => `${row.project}/${row.name}`)
    : [];
  const meant = nearest(wanted, names);
  throw contractError(
    'contract_workflow_not_found',
    `no workflow ${quoted(wanted)}: ${meant ? `did you mean ${meant}?` : 'create it with waybill workflow create'}`,
    meant ? { detail: { suggestion: meant } } : {},
  );
}
