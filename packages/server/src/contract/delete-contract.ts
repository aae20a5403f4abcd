import { type Tx, writeAudit } from '../ground/index.ts';
import { actorOf, authorize, type Principal } from '../identity/index.ts';
import type { ContractDeps } from './deps.ts';
import { contractError } from './errors.ts';
import { emitDeleted } from './events.ts';
import { requireContract } from './find.ts';
import { type ContractRow, setArchived } from './queries/contracts.ts';
import { listWorkflowRows } from './queries/workflows.ts';

const MAX_NAMED = 5;

/**
 * Takes a contract that no workflow owes off the lists. Its revisions stay where they are, as runs and verdicts name
 * them; applying the name again goes on with the next number. One that is deleted already stays so, without an error.
 * Throws `contract_not_found`, `contract_in_use`, `identity_forbidden`.
 */
export async function deleteContract(
  deps: ContractDeps,
  principal: Principal,
  input: { readonly name: string; readonly requestId: string },
): Promise<void> {
  authorize(principal, 'write-contract');
  const { orgId } = principal;
  await deps.db.withOrg(orgId, async (tx) => {
    const contract = await requireContract(tx, input.name, { suggest: true, lock: 'change' });
    if (contract.archivedAt !== null) return;
    await requireUnused(tx, contract);
    await setArchived(tx, contract.id, deps.clock());
    await writeAudit(tx, {
      orgId,
      actor: actorOf(principal),
      action: 'contract.delete',
      target: `contract:${contract.name}`,
      outcome: 'ok',
      detail: { latestRevision: contract.latestRevision },
      requestId: input.requestId,
    });
    await emitDeleted(tx, { orgId, contract: contract.name });
  });
}

async function requireUnused(tx: Tx, { id, name }: ContractRow): Promise<void> {
  const owing = await listWorkflowRows(tx, { contract: { by: 'id', value: id }, limit: MAX_NAMED + 1 });
  if (owing.length === 0) return;
  const names = owing.slice(0, MAX_NAMED).map((workflow) => `${workflow.project}/${workflow.name}`);
  throw contractError(
    'contract_in_use',
    `the contract ${name} is owed by ${names.join(', ')}${owing.length > MAX_NAMED ? ' and more' : ''}: give them another with waybill workflow update --contract, or delete them`,
  );
}
