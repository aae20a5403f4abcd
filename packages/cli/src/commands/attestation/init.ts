import { connectForRun, RUN_OPTIONS, STATE_OPTIONS } from '../../attestation-options.ts';
import { defineCommand, type OptionSpecs, type OptionValues } from '../../command.ts';
import { connect } from '../../connection.ts';
import { tryOut } from '../../dry-run.ts';
import { cliError, EXIT, type ExitCode } from '../../exit.ts';
import { keepRemotely } from '../../open-attestation.ts';
import { listing } from '../../output.ts';
import type { Session } from '../../session.ts';
import { startAttestation } from '../../start-attestation.ts';
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

const OPTIONS = {
  ...RUN_OPTIONS,
  'dry-run': {
    type: 'boolean',
    summary: 'Show what a run here would owe, and start nothing; add, status and push try it out',
  },
  replace: { type: 'boolean', short: 'f', summary: 'Give up an attestation that is open here' },
  'remote-state': {
    type: 'boolean',
    summary:
      'Keep the state on the server, encrypted here, so that jobs on other machines go on with it by --attestation-id',
  },
  ...STATE_OPTIONS,
} as const satisfies OptionSpecs;

type InitValues = OptionValues<typeof OPTIONS>;

export const command = defineCommand({
  summary: 'Start a run of a workflow and its attestation, and show what the contract wants',
  options: OPTIONS,
  examples: [
    'waybill attestation init --project demo --workflow build',
    'waybill attestation init --project demo --workflow build --remote-state -o json',
  ],
  run: async (session, { options }) => {
    if (options['remote-state']) return initRemotely(session, options);
    const file = stateFile(session, options);
    const open = await readStateIfPresent(file);
    if (open && !open.dryRun && !options.replace) throw alreadyOpen(open, file);
    if (options['dry-run']) {
      const { connection, wanted } = await connectForRun(session, options);
      return tryOut(session, connection, { wanted, open, file });
    }
    const { connection, wanted } = await connectForRun(session, options);
    const state = await startAttestation(session, connection, wanted, async (state) => {
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

/** Nothing is left on this machine. */
async function initRemotely(session: Session, options: InitValues): Promise<ExitCode> {
  if (
    options.replace ||
    options['dry-run'] ||
    options.state !== undefined ||
    options.attestation !== undefined
  ) {
    throw cliError(
      'usage_invalid',
      '--remote-state keeps nothing here that --dry-run, --replace, --state or --attestation could be about: leave them out',
    );
  }
  const { connection, wanted } = await connectForRun(session, options);
  const state = await startAttestation(session, connection, wanted, async (started) => {
    await keepRemotely(session, connection, started);
    return started;
  });
  report(session, state, null);
  return EXIT.ok;
}

function alreadyOpen(open: AttestationState, file: string) {
  const { project, workflow, startedAt } = open.run;
  return cliError(
    'state_exists',
    `an attestation of ${project}/${workflow}, started ${timeText(startedAt)}, is open here (${file}): push it, give it up with waybill attestation reset or init --replace, or start this one beside it with --attestation NAME`,
  );
}

async function giveUp(session: Session, open: AttestationState, file: string): Promise<void> {
  if (open.dryRun) return removeState(session, { file, runId: open.run.id });
  try {
    const { client } = await connect(session, { server: open.server, workflow: open.run });
    await client.cancelRun(open.run.id, { reason: 'replaced by another attestation' });
  } catch (error) {
    session.output.note(
      `the replaced run ${open.run.id} stays as it is (${error instanceof Error ? error.message : String(error)})`,
    );
  }
  await removeState(session, { file, runId: open.run.id });
}

function report(session: Session, state: AttestationState, file: string | null): void {
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
      ...(file === null ? { attestationID: state.run.id } : {}),
    },
    () =>
      [
        listing([
          ['run', state.run.id],
          ['attestation id', file === null ? state.run.id : null],
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
