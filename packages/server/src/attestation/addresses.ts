import type { AttestationDeps } from './deps.ts';
import type { RunRow } from './queries.ts';

/** Repository of a workflow's runs: materials, attestations and verdicts. */
export function runRepository(orgName: string, run: Pick<RunRow, 'project' | 'workflow'>): string {
  return `${orgName}/${run.project}/${run.workflow}`;
}

/** `resourceUri` of a verdict: what the run produced, as a resource of this server. */
export function runUri(
  deps: Pick<AttestationDeps, 'publicUrl'>,
  orgName: string,
  run: Pick<RunRow, 'project' | 'workflow'>,
): string {
  return `${deps.publicUrl}/${runRepository(orgName, run)}`;
}

/** `policy.uri` of a verdict: the contract revision that it was judged under. */
export function contractUri(
  deps: Pick<AttestationDeps, 'publicUrl'>,
  contract: Pick<RunRow['contract'], 'name' | 'revision'>,
): string {
  return `${deps.publicUrl}/waybill/v1/contracts/${contract.name}?revision=${contract.revision}`;
}
