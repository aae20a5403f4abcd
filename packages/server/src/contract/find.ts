import { nearest, quoted } from '@waybill/core/bytes';
import type { Tx } from '../ground/index.ts';
import { contractError } from './errors.ts';
import { isName } from './name.ts';
import {
  type ContractRow,
  type FullRevision,
  findContract,
  findRevisionRow,
  findWorkflowRow,
  listContractRows,
  listWorkflowRows,
  type WorkflowRow,
} from './queries.ts';

/** Names of others are suggested only to those who may list them. */
export interface Suggesting {
  readonly suggest: boolean;
}

/** Throws `contract_not_found`. */
export async function requireContract(tx: Tx, name: string, { suggest }: Suggesting): Promise<ContractRow> {
  const found = isName(name) ? await findContract(tx, name) : undefined;
  if (found !== undefined) return found;
  const names = suggest ? (await listContractRows(tx)).map((row) => row.name) : [];
  const meant = nearest(name, names);
  throw contractError(
    'contract_not_found',
    `no contract named ${quoted(name)}: ${meant ? `did you mean ${meant}?` : 'create it with waybill contract apply'}`,
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
