import { setTimeout as delay } from 'node:timers/promises';
import { isCoded } from '@waybill/core';
import type { STATE_OPTIONS } from './attestation-options.ts';
import type { OptionSpecs, OptionValues } from './command.ts';
import { type Connection, connect } from './connection.ts';
import { cliError } from './exit.ts';
import type { Session } from './session.ts';
import { type AttestationState, readState, removeState, stateFile, updateState } from './state.ts';
import { OPTIONAL_WORKFLOW, workflowNameOf } from './workflow-option.ts';

/** Which attestation a command works on, where its state is on the server. */
export const REMOTE_OPTIONS = {
  'attestation-id': {
    type: 'string',
    value: 'ID',
    summary: 'An attestation whose state is on the server: the id that init --remote-state has shown',
  },
  'remote-state': {
    type: 'boolean',
    summary: 'The same, of the id in WAYBILL_ATTESTATION_ID',
  },
  project: OPTIONAL_WORKFLOW.project,
  workflow: {
    ...OPTIONAL_WORKFLOW.workflow,
    summary: `${OPTIONAL_WORKFLOW.workflow.summary}; only for a job with --attestation-id that signs in by its CI system's own token`,
  },
} as const satisfies OptionSpecs;

type RemoteValues = OptionValues<typeof REMOTE_OPTIONS>;
export type AttestationValues = OptionValues<typeof STATE_OPTIONS> & RemoteValues;

/** An attestation while it is collected, wherever its state is. */
export interface OpenAttestation {
  readonly state: AttestationState;
  connect(): Promise<Connection>;
  /** Changes the state as it is by now: others may have changed it meanwhile, so `change` may run more than once. */
  update(
    change: (state: AttestationState) => AttestationState | Promise<AttestationState>,
  ): Promise<AttestationState>;
  /** When it has been pushed or given up. */
  remove(): Promise<void>;
}

/** Throws `state_…`, `usage_…`, `attestation_…`. */
export function openAttestation(session: Session, options: AttestationValues): Promise<OpenAttestation> {
  const id = attestationId(session, options);
  return id === null ? openFile(session, options) : openRemote(session, options, id);
}

/** The id of an attestation whose state is on the server; null where it is in a file. Throws `usage_…`. */
export function attestationId({ env }: Session, options: AttestationValues): string | null {
  const { 'attestation-id': named, 'remote-state': remote, state, attestation } = options;
  const id = named ?? (remote ? env['WAYBILL_ATTESTATION_ID'] : undefined);
  if (id === undefined || id === '') {
    if (!remote) return null;
    throw cliError('usage_missing', '--remote-state needs --attestation-id, or WAYBILL_ATTESTATION_ID');
  }
  if (state !== undefined || attestation !== undefined) {
    throw cliError(
      'usage_invalid',
      '--attestation-id names a state on the server: leave out --state and --attestation',
    );
  }
  return id;
}

async function openFile(session: Session, options: AttestationValues): Promise<OpenAttestation> {
  const file = stateFile(session, options);
  const state = await readState(file);
  const at = { file, runId: state.run.id };
  return {
    state,
    connect: () => connect(session, { server: state.server, workflow: state.run }),
    update: (change) => updateState(session, at, change),
    remove: () => removeState(session, at),
  };
}

/** The server, for a command about an attestation whose state is there. */
export function connectRemote(session: Session, { project, workflow }: RemoteValues): Promise<Connection> {
  return connect(session, workflow === undefined ? {} : { workflow: workflowNameOf({ project, workflow }) });
}

/** Concurrent writers each get their turn long before. */
const TRIES = 30;
const PAUSE_MS = 100;

async function openRemote(session: Session, options: RemoteValues, id: string): Promise<OpenAttestation> {
  const connection = await connectRemote(session, options);
  const { client } = connection;
  const { openState, sealState, stateSecret } = await import('./seal-state.ts');
  const secret = stateSecret(session, connection);
  const read = async () => {
    const { revision, sealed } = await client.readRunState(id);
    return { revision, state: openState(secret, id, sealed) };
  };
  let known: Awaited<ReturnType<typeof read>> | null = await read();
  return {
    state: known.state,
    connect: async () => connection,
    async update(change) {
      for (let tried = 1; ; tried++) {
        const { revision: after, state } = known ?? (await read());
        const changed = await change(state);
        try {
          const { revision } = await client.keepRunState(id, { after, sealed: sealState(secret, changed) });
          known = { revision, state: changed };
          return changed;
        } catch (error) {
          if (!isCoded(error, 'attestation_state_conflict') || tried === TRIES) throw error;
          known = null;
          // Two that collide do not do so again at the same moment.
          await delay(Math.random() * PAUSE_MS);
        }
      }
    },
    // The server removes it in the transaction that ends the run.
    remove: async () => undefined,
  };
}

/** Puts the state of a new attestation on the server. */
export async function keepRemotely(
  session: Session,
  connection: Connection,
  state: AttestationState,
): Promise<void> {
  const { sealState, stateSecret } = await import('./seal-state.ts');
  const sealed = sealState(stateSecret(session, connection), state);
  await connection.client.keepRunState(state.run.id, { after: 0, sealed });
}
