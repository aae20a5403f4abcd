import type { StartedRun } from '@waybill/api';
import type { Client } from '@waybill/api/client';
import type { Json } from '@waybill/core/bytes';
import type { Contract } from '@waybill/core/contract';
import { parseDigest } from '@waybill/core/digest';
import { STATE_OPTIONS } from '../../attestation-options.ts';
import { capture, detectRunner, looksSecret, type Runner } from '../../ci/index.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { cliError, EXIT } from '../../exit.ts';
import { nameOf } from '../../names.ts';
import { revisionOf } from '../../numbers.ts';
import { listing } from '../../output.ts';
import type { Session } from '../../session.ts';
import {
  type AttestationState,
  createState,
  readStateIfPresent,
  removeState,
  stateFile,
} from '../../state.ts';
import { contractOf, materialStatus } from '../../stated-contract.ts';
import { statusTable } from '../../status-text.ts';
import { timeText } from '../../text.ts';

export const command = defineCommand({
  summary: 'Start a run of a workflow and its attestation, and show what the contract wants',
  options: {
    project: { type: 'string', value: 'NAME', required: true, summary: 'Project of the workflow' },
    workflow: { type: 'string', value: 'NAME', required: true, summary: 'Workflow to run' },
    'contract-revision': { type: 'string', value: 'N', summary: 'A contract revision other than the newest' },
    replace: { type: 'boolean', short: 'f', summary: 'Give up an attestation that is open here' },
    ...STATE_OPTIONS,
  },
  examples: [
    'waybill attestation init --project demo --workflow build',
    'waybill attestation init --project demo --workflow build --attestation arm64 -o json',
  ],
  run: async (session, { options }) => {
    const file = stateFile(session, options);
    const open = await readStateIfPresent(file);
    if (open && !options.replace) throw alreadyOpen(open, file);
    const runner = detectRunner(session.env);
    const { client, url } = await connect(session);
    const contractRevision = revisionOf(options['contract-revision'], '--contract-revision');
    const started = await client.startRun({
      project: nameOf(options.project, '--project'),
      workflow: nameOf(options.workflow, '--workflow'),
      runner: runner.type,
      ...(contractRevision === undefined ? {} : { contractRevision }),
    });
    const state = await keepOrCancel(session, client, started, async () => {
      const contract = contractOf(started.contractDocument);
      checkRunner(contract, runner);
      const state = stateOf({ session, url, started, runner, contract });
      if (open) await giveUp(session, open, file);
      // Another process may have started one since we looked.
      const other = await createState(session, file, state);
      if (other) throw alreadyOpen(other, file);
      return state;
    });
    report(session, state, file);
    return EXIT.ok;
  },
});

function alreadyOpen(open: AttestationState, file: string) {
  const { project, workflow, startedAt } = open.run;
  return cliError(
    'state_exists',
    `an attestation of ${project}/${workflow}, started ${timeText(startedAt)}, is open here (${file}): push it, give it up with waybill attestation reset or init --replace, or start this one beside it with --attestation NAME`,
  );
}

/** A run that this command cannot go on with does not stay open on the server. */
async function keepOrCancel<T>(
  session: Session,
  client: Client,
  started: StartedRun,
  work: () => Promise<T>,
): Promise<T> {
  const cancel = async (reason: string) => void (await client.cancelRun(started.id, { reason }));
  const guard = session.onInterrupt(() => cancel('interrupted during attestation init'));
  try {
    return await work();
  } catch (error) {
    try {
      await cancel(error instanceof Error ? error.message.slice(0, 1000) : 'attestation init failed');
    } catch {
      // The first error is the one to report; the server ends the run by its own deadline.
    }
    throw error;
  } finally {
    guard.forget();
  }
}

async function giveUp(session: Session, open: AttestationState, file: string): Promise<void> {
  try {
    const { client } = await connect(session, open.server);
    await client.cancelRun(open.run.id, { reason: 'replaced by another attestation' });
  } catch (error) {
    session.output.note(
      `the replaced run ${open.run.id} stays as it is (${error instanceof Error ? error.message : String(error)})`,
    );
  }
  await removeState(session, { file, runId: open.run.id });
}

function checkRunner(contract: Contract, runner: Runner): void {
  if (contract.runner === null || contract.runner === runner.type) return;
  throw cliError(
    'runner_mismatch',
    `the contract wants runs on ${contract.runner}, and this looks like ${runner.type}: run it there, or change runner.type in the contract`,
  );
}

function stateOf(given: {
  readonly session: Session;
  readonly url: string;
  readonly started: StartedRun;
  readonly runner: Runner;
  readonly contract: Contract;
}): AttestationState {
  const { session, url, started, runner, contract } = given;
  return {
    server: url,
    run: {
      id: started.id,
      organization: started.organization,
      project: started.project,
      workflow: started.workflow,
      startedAt: started.startedAt,
      expiresAt: started.expiresAt,
    },
    contract: {
      name: started.contract.name,
      revision: started.contract.revision,
      digest: parseDigest(started.contract.digest, 'contract.digest'),
    },
    contractDocument: started.contractDocument as Json,
    repository: started.repository,
    runner: { type: runner.type, ...(runner.url === undefined ? {} : { url: runner.url }) },
    environment: { ...runner.environment, ...allowListed(session, contract) },
    annotations: {},
    materials: [],
  };
}

/** The variables that the contract lists. A name that says "secret" is never recorded, whoever lists it. */
function allowListed({ env, output }: Session, contract: Contract): Readonly<Record<string, string>> {
  const [secret, plain] = [true, false].map((is) =>
    contract.envAllowList.filter((name) => looksSecret(name) === is),
  );
  for (const name of secret ?? []) {
    output.note(`${name} is in the contract's envAllowList, but its name says it is a secret: not recorded`);
  }
  const names = plain ?? [];
  for (const name of names.filter((name) => !env[name])) {
    output.note(`${name} is in the contract's envAllowList and not set here: not recorded`);
  }
  return capture(env, names);
}

function report(session: Session, state: AttestationState, file: string): void {
  const { output } = session;
  const status = materialStatus(contractOf(state.contractDocument), []);
  output.data(
    {
      runId: state.run.id,
      run: state.run,
      contract: state.contract,
      runner: state.runner,
      materials: status,
      state: file,
    },
    () =>
      [
        listing([
          ['run', state.run.id],
          ['workflow', `${state.run.organization}/${state.run.project}/${state.run.workflow}`],
          ['contract', `${state.contract.name} revision ${state.contract.revision}`],
          ['runner', state.runner.type],
          ['recorded variables', Object.keys(state.environment).join(', ') || null],
          ['expires', timeText(state.run.expiresAt)],
        ]),
        '',
        statusTable(status, output),
      ].join('\n'),
  );
}
