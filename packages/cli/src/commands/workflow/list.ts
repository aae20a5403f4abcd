import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { revisionOf } from '../../numbers.ts';
import { table } from '../../output.ts';

export const command = defineCommand({
  summary: 'List workflows',
  options: {
    project: { type: 'string', value: 'NAME', summary: 'Only of this project' },
    limit: { type: 'string', value: 'N', summary: 'At most this many (200 at most)' },
    cursor: { type: 'string', value: 'TEXT', summary: 'Go on where the page before ended' },
  },
  examples: ['waybill workflow list', 'waybill workflow list --project demo -o json'],
  run: async (session, { options }) => {
    const { client } = await connect(session);
    const list = await client.listWorkflows({
      ...(options.project === undefined ? {} : { project: options.project }),
      ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
      ...(options.limit === undefined ? {} : { limit: revisionOf(options.limit, '--limit', 200) ?? 1 }),
    });
    session.output.data(list, () =>
      list.workflows.length === 0
        ? `no workflows${options.project === undefined ? ' yet' : ` in the project ${options.project}`}: waybill workflow create makes one`
        : table(list.workflows, [
            { title: 'PROJECT', of: (row) => row.project },
            { title: 'WORKFLOW', of: (row) => row.name },
            { title: 'CONTRACT', of: (row) => row.contract },
            { title: 'REVISION', of: (row) => String(row.contractRevision ?? 'newest') },
            { title: 'TEAM', of: (row) => row.team },
            { title: 'DESCRIPTION', of: (row) => row.description },
          ]),
    );
    if (list.next !== null && session.output.format === 'table') {
      session.output.note(`more: add --cursor ${list.next}`);
    }
    return EXIT.ok;
  },
});
