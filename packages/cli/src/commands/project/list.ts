import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { table } from '../../output.ts';
import { PAGE_OPTIONS, pageOf } from '../../page-options.ts';
import { timeText } from '../../text.ts';

export const command = defineCommand({
  summary: 'List projects; one is made with its first workflow',
  options: PAGE_OPTIONS,
  examples: ['waybill project list', 'waybill project list -o json'],
  run: async (session, { options }) => {
    const { client } = await connect(session);
    const list = await client.listProjects(pageOf(options));
    session.output.data(list, () =>
      list.projects.length === 0
        ? 'no projects yet: waybill workflow create makes one with its first workflow'
        : table(list.projects, [
            { title: 'PROJECT', of: (row) => row.name },
            { title: 'WORKFLOWS', of: (row) => String(row.workflows) },
            { title: 'VERSIONS', of: (row) => String(row.versions) },
            { title: 'LATEST VERSION', of: (row) => row.latestVersion ?? '-' },
            { title: 'CREATED', of: (row) => timeText(row.createdAt) },
          ]),
    );
    if (list.next !== null && session.output.format === 'table') {
      session.output.note(`more: add --cursor ${list.next}`);
    }
    return EXIT.ok;
  },
});
