import { isCoded } from '@waybill/core';
import { STATE_OPTIONS } from '../../attestation-options.ts';
import { defineCommand } from '../../command.ts';
import { EXIT } from '../../exit.ts';
import {
  type AttestationValues,
  attestationId,
  connectRemote,
  openAttestation,
  REMOTE_OPTIONS,
} from '../../open-attestation.ts';
import type { Session } from '../../session.ts';

export const command = defineCommand({
  summary: 'Give the attestation up: the run is cancelled and its state removed',
  options: {
    reason: { type: 'string', value: 'TEXT', summary: 'Why; kept with the run' },
    ...STATE_OPTIONS,
    ...REMOTE_OPTIONS,
  },
  examples: ['waybill attestation reset', 'waybill attestation reset --reason "tests failed"'],
  run: async (session, { options }) => {
    const given = await attestationOf(session, options);
    if (given === null) return EXIT.ok;
    const { run, client, remove } = given;
    let ended = 'CANCELLED';
    try {
      await client.cancelRun(run.id, options.reason === undefined ? {} : { reason: options.reason });
    } catch (error) {
      // A run that has ended, or is gone, needs no cancelling; anything else keeps the state for another try.
      if (!isCoded(error) || error.detail['status'] === undefined || !hasEnded(error.detail['status']))
        throw error;
      ended = 'ENDED';
      session.output.note(`the run had ended already: ${error.message}`);
    }
    await remove();
    session.output.data({ runId: run.id, state: ended }, () => `attestation of run ${run.id} given up`);
    return EXIT.ok;
  },
});

/** A state on the server is not read for it: it can be given up by whoever has lost the key. null: a dry run, which is over. */
async function attestationOf(session: Session, options: AttestationValues) {
  const id = attestationId(session, options);
  if (id === null) {
    const { state, connect, remove } = await openAttestation(session, options);
    if (state.dryRun) {
      await remove();
      session.output.data({ runId: state.run.id, state: 'DRY RUN' }, () => 'dry run given up');
      return null;
    }
    const { client } = await connect();
    return { run: { id: state.run.id }, client, remove };
  }
  const { client } = await connectRemote(session, options);
  return { run: { id }, client, remove: async () => undefined };
}

function hasEnded(status: unknown): boolean {
  return status === 404 || status === 409 || status === 410;
}
