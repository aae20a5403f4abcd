import type { RunPredicate } from '@waybill/core/intoto';
import { attestationError } from './errors.ts';
import type { RunRow } from './queries.ts';

/**
 * Step `bind`: the signed statement is about this run, workflow, organisation and contract revision and no other,
 * so that evidence cannot be carried from one run to another. Throws `attestation_wrong_run`.
 */
export function bind(run: RunRow, orgName: string, predicate: RunPredicate): void {
  const { run: stated, contract } = predicate;
  const pairs: readonly (readonly [field: string, expected: string | number, found: string | number])[] = [
    ['run.id', run.id, stated.id],
    ['run.organization', orgName, stated.organization],
    ['run.project', run.project, stated.project],
    ['run.workflow', run.workflow, stated.workflow],
    ['contract.name', run.contract.name, contract.name],
    ['contract.revision', run.contract.revision, contract.revision],
    ['contract.digest', run.contract.digest, contract.digest],
  ];
  for (const [field, expected, found] of pairs) {
    if (expected === found) continue;
    throw attestationError(
      'attestation_wrong_run',
      `the statement's ${field} is ${JSON.stringify(found)}, this run's is ${JSON.stringify(expected)}: push the attestation to the run it was made for`,
      { detail: { field } },
    );
  }
}
