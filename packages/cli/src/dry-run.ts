import type { StartRun } from '@waybill/api';
import { detectRunner } from './ci/index.ts';
import type { Connection } from './connection.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { listing } from './output.ts';
import type { Session } from './session.ts';
import { runnerMismatch } from './start-attestation.ts';
import { contractOf, materialStatus } from './stated-contract.ts';
import { statusTable } from './status-text.ts';

/** What a run here would owe. Nothing is started or kept; another CI system than the contract wants is told, not refused. */
export async function showWanted(
  session: Session,
  { client }: Connection,
  { project, workflow: name, contractRevision }: Omit<StartRun, 'runner'>,
): Promise<ExitCode> {
  const runner = detectRunner(session.env);
  const workflow = await client.describeWorkflow(project, name);
  const revision = workflow.contractRevision ?? contractRevision;
  const newest = await client.describeContract(workflow.contract, revision);
  const { inForce } = newest;
  const isLater = revision === undefined && inForce !== null && inForce !== newest.revision;
  const detail = isLater ? await client.describeContract(workflow.contract, inForce) : newest;
  const contract = contractOf(detail.contract);
  const mismatch = runnerMismatch(contract, runner);
  if (mismatch !== undefined) session.output.note(mismatch);
  const materials = materialStatus(contract, []);
  const found = {
    dryRun: true,
    project,
    workflow: name,
    contract: { name: detail.name, revision: detail.revision, digest: detail.digest },
    runner: { type: runner.type, ...(runner.url === undefined ? {} : { url: runner.url }) },
    fits: mismatch === undefined,
    materials,
  };
  session.output.data(found, () =>
    [
      listing([
        ['workflow', `${project}/${name}`],
        ['contract', `${detail.name} revision ${detail.revision}`],
        ['runner', runner.type],
        ['state', 'dry run: nothing was started'],
      ]),
      '',
      statusTable(materials, session.output),
    ].join('\n'),
  );
  return EXIT.ok;
}
