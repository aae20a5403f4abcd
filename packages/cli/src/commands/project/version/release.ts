import { defineCommand } from '../../../command.ts';
import { connect } from '../../../connection.ts';
import { EXIT } from '../../../exit.ts';
import { timeText } from '../../../text.ts';

export const command = defineCommand({
  summary: 'Mark a version as released, once and for good',
  arguments: [
    { name: 'PROJECT', summary: 'Which one, by name or id', required: true },
    { name: 'VERSION', summary: 'Which version of it', required: true },
  ],
  options: {},
  examples: ['waybill project version release demo 1.2.0', 'waybill project version release demo v3 -o json'],
  run: async (session, { args }) => {
    const [project = '', name = ''] = args;
    const { client } = await connect(session);
    const version = await client.releaseVersion(project, name);
    session.output.data(
      version,
      () => `version ${version.name} of ${project} released at ${timeText(version.releasedAt)}`,
    );
    return EXIT.ok;
  },
});
