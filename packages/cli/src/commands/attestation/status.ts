import { STATE_OPTIONS } from '../../attestation-options.ts';
import { defineCommand } from '../../command.ts';
import { EXIT } from '../../exit.ts';
import { fullStatus } from '../../full-status.ts';
import { openAttestation, REMOTE_OPTIONS } from '../../open-attestation.ts';
import { listing } from '../../output.ts';
import { previewOf } from '../../preview-text.ts';
import { contractOf, materialStatus } from '../../stated-contract.ts';
import { statusTable } from '../../status-text.ts';
import { SUMMARY_OPTIONS, writeSummary } from '../../summary/write.ts';
import { plural, timeText } from '../../text.ts';

export const command = defineCommand({
  summary: 'Show what the contract wants, what is recorded, and what is missing',
  options: {
    full: { type: 'boolean', summary: 'Also the runner, the commit, variables and annotations' },
    ...SUMMARY_OPTIONS,
    ...STATE_OPTIONS,
    ...REMOTE_OPTIONS,
  },
  examples: ['waybill attestation status', 'waybill attestation status --full'],
  run: async (session, { options }) => {
    const { output } = session;
    const { state } = await openAttestation(session, options);
    const status = materialStatus(contractOf(state.contractDocument), state.materials);
    const missing = status.filter((row) => row.missing);
    const signed = state.signedBundle !== undefined;
    const preview = await previewOf(state);
    const value = {
      runId: state.run.id,
      run: state.run,
      contract: state.contract,
      runner: state.runner,
      ...(state.source === undefined ? {} : { source: state.source }),
      ...(state.change === undefined ? {} : { change: state.change }),
      environment: state.environment,
      annotations: state.annotations,
      materials: status,
      complete: missing.length === 0,
      policies: preview.json,
      signed,
      dryRun: state.dryRun === true,
    };
    output.data(value, () =>
      [
        listing([
          ['run', state.run.id],
          ['workflow', `${state.run.organization}/${state.run.project}/${state.run.workflow}`],
          ['contract', `${state.contract.name} revision ${state.contract.revision}`],
          ['expires', timeText(state.run.expiresAt)],
          [
            'state',
            state.dryRun
              ? 'dry run: nothing of it reaches the server'
              : signed
                ? 'signed, not yet accepted: waybill attestation push sends it again'
                : 'open',
          ],
        ]),
        '',
        statusTable(status, output),
        ...(options.full ? [fullStatus(state)] : []),
        ...(preview.judged.length === 0 ? [] : ['', preview.text(output)]),
        '',
        missing.length === 0
          ? output.paint('green', 'nothing is missing')
          : output.paint(
              'red',
              `${plural(missing.length, 'material')} missing: ${missing.map(({ name }) => name).join(', ')}`,
            ),
      ].join('\n'),
    );
    await writeSummary(session, options, ({ statusSummary }) => statusSummary(state, status, preview));
    return EXIT.ok;
  },
});
