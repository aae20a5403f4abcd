import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { listing } from '../../output.ts';
import { timeText } from '../../text.ts';

export const command = defineCommand({
  summary: 'Show one project',
  arguments: [{ name: 'PROJECT', summary: 'Which one, by name or id', required: true }],
  options: {},
  examples: ['waybill project describe demo', 'waybill project describe demo -o json'],
  run: async (session, { args }) => {
    const { client } = await connect(session);
    const project = await client.describeProject(args[0] ?? '');
    session.output.data(project, () =>
      listing([
        ['project', project.name],
        ['workflows', String(project.workflows)],
        ['versions', String(project.versions)],
        ['latest version', project.latestVersion],
        ['created', timeText(project.createdAt)],
        ['id', project.id],
      ]),
    );
    return EXIT.ok;
  },
});
