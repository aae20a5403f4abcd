import type { RunDetail } from '@waybill/api';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { listing, type Output, table } from '../../output.ts';
import { receiptText } from '../../receipt-text.ts';
import { colourOf, timeText } from '../../text.ts';

export const command = defineCommand({
  summary: 'Show one run, its verdict and its subjects',
  arguments: [{ name: 'RUN', summary: 'Id of the run (waybill run list)', required: true }],
  options: {},
  examples: [
    'waybill run describe 7f0c3c52-54b5-4a39-9f0e-2a35d7a3a0b1',
    'waybill run describe 7f0c3c52-54b5-4a39-9f0e-2a35d7a3a0b1 -o json',
  ],
  run: async (session, { args }) => {
    const { client } = await connect(session);
    const run = await client.describeRun(args[0] ?? '');
    session.output.data(run, () => runText(run, session.output));
    return EXIT.ok;
  },
});

function runText(run: RunDetail, output: Output): string {
  const head = listing([
    ['run', run.id],
    ['workflow', `${run.organization}/${run.project}/${run.workflow}`],
    ['contract', `${run.contract.name} revision ${run.contract.revision} (${run.contract.digest})`],
    ['state', output.paint(colourOf(run.state), run.state)],
    ['runner', run.runner],
    ['repository', run.repository],
    ['version', run.version],
    ['started', timeText(run.startedAt)],
    ['finished', timeText(run.finishedAt)],
    ['expires', run.state === 'INITIALIZED' ? timeText(run.expiresAt) : null],
  ]);
  if (run.receipt === null) return head;
  const subjects = table(run.receipt.subjects, [
    { title: 'SUBJECT', of: (row) => row.name },
    { title: 'DIGEST', of: (row) => row.digest },
  ]);
  return [head, '', receiptText(run.receipt, output), '', subjects].join('\n');
}
