import { randomUUID } from 'node:crypto';
import type { StartRun } from '@waybill/api';
import type { Json } from '@waybill/core/bytes';
import { detectRunner } from './ci/index.ts';
import { gitHead } from './ci/git-head.ts';
import type { Connection } from './connection.ts';
import { cliError, EXIT, type ExitCode } from './exit.ts';
import { listing } from './output.ts';
import { type AnnotationOptions, withAnnotations } from './push-attestation.ts';
import type { Session } from './session.ts';
import { unsignedStatement } from './sign-attestation.ts';
import { runnerMismatch, sourceOf, stateOf } from './start-attestation.ts';
import { type AttestationState, createState, removeState } from './state.ts';
import { contractOf, materialStatus } from './stated-contract.ts';
import { statusTable } from './status-text.ts';

/**
 * What a run here would owe, and a state to try it out: the server knows of no run, and takes nothing. Another CI system
 * than the contract wants is told, not refused.
 */
export async function tryOut(
  session: Session,
  { client, url }: Connection,
  given: {
    readonly wanted: Omit<StartRun, 'runner'>;
    readonly open: AttestationState | null;
    readonly file: string;
  },
): Promise<ExitCode> {
  const { wanted, open, file } = given;
  const { project, workflow: name, contractRevision } = wanted;
  const runner = detectRunner(session.env);
  const head = gitHead(session.cwd, session.env);
  const [workflow, me] = await Promise.all([client.describeWorkflow(project, name), client.me()]);
  const revision = workflow.contractRevision ?? contractRevision;
  const newest = await client.describeContract(workflow.contract, revision);
  const { inForce } = newest;
  const isLater = revision === undefined && inForce !== null && inForce !== newest.revision;
  const detail = isLater ? await client.describeContract(workflow.contract, inForce) : newest;
  const contract = contractOf(detail.contract);
  const mismatch = runnerMismatch(contract, runner);
  if (mismatch !== undefined) session.output.note(mismatch);
  const now = new Date().toISOString();
  const run = { id: `dry-run-${randomUUID()}`, organization: me.organization, project, workflow: name };
  const state = stateOf({
    session,
    url,
    started: {
      ...run,
      startedAt: now,
      expiresAt: now,
      contract: { name: detail.name, revision: detail.revision, digest: detail.digest },
      contractDocument: detail.contract as Json,
      repository: `${me.organization}/${project}/${name}`,
    },
    runner,
    contract,
    source: await sourceOf(session, head),
  });
  if (open) await removeState(session, { file, runId: open.run.id });
  const other = await createState(session, file, { ...state, dryRun: true });
  if (other) throw cliError('state_exists', `another waybill opened an attestation meanwhile (${file})`);
  report(session, { state, file, fits: mismatch === undefined });
  return EXIT.ok;
}

function report(
  { output }: Session,
  given: { readonly state: AttestationState; readonly file: string; readonly fits: boolean },
): void {
  const { state, file, fits } = given;
  const { run, contract, runner } = state;
  const materials = materialStatus(contractOf(state.contractDocument), []);
  const found = {
    dryRun: true,
    project: run.project,
    workflow: run.workflow,
    contract,
    runner,
    fits,
    materials,
    state: file,
  };
  output.data(found, () =>
    [
      listing([
        ['workflow', `${run.project}/${run.workflow}`],
        ['contract', `${contract.name} revision ${contract.revision}`],
        ['runner', runner.type],
        ['state', 'dry run: nothing was started; add, status and push try it out, reset ends it'],
      ]),
      '',
      statusTable(materials, output),
    ].join('\n'),
  );
}

/** What `push` would sign, which is then over: nothing is signed, sent or kept. Throws as `push` does before it signs. */
export async function showStatement(
  { output }: Session,
  state: AttestationState,
  options: AnnotationOptions,
): Promise<ExitCode> {
  const statement = await unsignedStatement(withAnnotations(state, options), !options['no-preview']);
  output.note('dry run: nothing is signed or sent; this is the statement that a run would sign');
  output.data(statement, () => JSON.stringify(statement, null, 2));
  return EXIT.ok;
}
