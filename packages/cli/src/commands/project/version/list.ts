import { defineCommand } from '../../../command.ts';
import { connect } from '../../../connection.ts';
import { EXIT } from '../../../exit.ts';
import { table } from '../../../output.ts';
import { PAGE_OPTIONS, pageOf } from '../../../page-options.ts';
import { timeText } from '../../../text.ts';

export const command = defineCommand({
  summary: 'List the versions of a project, newest first; one is made with its first run',
  arguments: [{ name: 'PROJECT', summary: 'Which one, by name or id', required: true }],
  options: PAGE_OPTIONS,
  examples: ['waybill project version list demo', 'waybill project version list demo -o json'],
  run: async (session, { options, args }) => {
    const project = args[0] ?? '';
    const { client } = await connect(session);
    const list = await client.listVersions(project, pageOf(options));
    session.output.data(list, () =>
      list.versions.length === 0
        ? `no versions of ${project} yet: waybill attestation init --version makes one`
        : table(list.versions, [
            { title: 'VERSION', of: (row) => row.name },
            { title: 'FIRST RUN', of: (row) => timeText(row.createdAt) },
            { title: 'RELEASED', of: (row) => timeText(row.releasedAt) },
          ]),
    );
    if (list.next !== null && session.output.format === 'table') {
      session.output.note(`more: add --cursor ${list.next}`);
    }
    return EXIT.ok;
  },
});
