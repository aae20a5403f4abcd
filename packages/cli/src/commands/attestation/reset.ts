import { isCoded } from '@waybill/core';
import { STATE_OPTIONS } from '../../attestation-options.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { readState, removeState, stateFile } from '../../state.ts';

export const command = defineCommand({
  summary: 'Give the attestation up: the run is cancelled and its state removed',
  options: {
    reason: { type: 'string', value: 'TEXT', summary: 'Why; kept with the run' },
    ...STATE_OPTIONS,
  },
  examples: ['waybill attestation reset', 'waybill attestation reset --reason "tests failed"'],
  run: async (session, { options }) => {
    const file = stateFile(session, options);
    const { run, server, dryRun } = await readState(file);
    if (dryRun) {
      await removeState(session, { file, runId: run.id });
      session.output.data({ runId: run.id, state: 'DRY RUN' }, () => 'dry run given up');
      return EXIT.ok;
    }
    const { client } = await connect(session, { server, workflow: run });
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
    await removeState(session, { file, runId: run.id });
    session.output.data({ runId: run.id, state: ended }, () => `attestation of run ${run.id} given up`);
    return EXIT.ok;
  },
});

function hasEnded(status: unknown): boolean {
  return status === 404 || status === 409 || status === 410;
}
