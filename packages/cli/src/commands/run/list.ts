import type { RunQuery } from '@waybill/api';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { revisionOf } from '../../numbers.ts';
import { table } from '../../output.ts';
import { colourOf, timeText } from '../../text.ts';

export const command = defineCommand({
  summary: 'List runs, newest first',
  options: {
    project: { type: 'string', value: 'NAME', summary: 'Only of this project' },
    workflow: { type: 'string', value: 'NAME', summary: 'Only of this workflow' },
    state: {
      type: 'string',
      value: 'STATE',
      choices: ['INITIALIZED', 'PASSED', 'FAILED', 'CANCELLED', 'EXPIRED'],
      summary: 'INITIALIZED, PASSED, FAILED, CANCELLED or EXPIRED',
    },
    limit: { type: 'string', value: 'N', summary: 'At most this many (200 at most)' },
    cursor: { type: 'string', value: 'TEXT', summary: 'Go on where the page before ended' },
  },
  examples: ['waybill run list', 'waybill run list --project demo --state FAILED -o json'],
  run: async (session, { options }) => {
    const query: RunQuery = {
      ...(options.project === undefined ? {} : { project: options.project }),
      ...(options.workflow === undefined ? {} : { workflow: options.workflow }),
      ...(options.state === undefined ? {} : { state: options.state as NonNullable<RunQuery['state']> }),
      ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
      ...(options.limit === undefined ? {} : { limit: revisionOf(options.limit, '--limit', 200) ?? 1 }),
    };
    const { client } = await connect(session);
    const page = await client.listRuns(query);
    session.output.data(page, () =>
      page.runs.length === 0
        ? 'no runs'
        : table(page.runs, [
            { title: 'RUN', of: (row) => row.id },
            { title: 'WORKFLOW', of: (row) => `${row.project}/${row.workflow}` },
            { title: 'CONTRACT', of: (row) => `${row.contract.name}@${row.contract.revision}` },
            { title: 'STATE', of: (row) => session.output.paint(colourOf(row.state), row.state) },
            { title: 'VERSION', of: (row) => row.version ?? '-' },
            { title: 'STARTED', of: (row) => timeText(row.startedAt) },
            { title: 'FINISHED', of: (row) => timeText(row.finishedAt) },
          ]),
    );
    if (page.next !== null && session.output.format === 'table') {
      session.output.note(`more: add --cursor ${page.next}`);
    }
    return EXIT.ok;
  },
});
