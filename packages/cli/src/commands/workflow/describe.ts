import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { cliError, EXIT } from '../../exit.ts';
import { listing } from '../../output.ts';
import { timeText } from '../../text.ts';

export const command = defineCommand({
  summary: 'Show one workflow',
  arguments: [{ name: 'PROJECT/WORKFLOW', summary: 'Which one', required: true }],
  options: {},
  examples: ['waybill workflow describe demo/build', 'waybill workflow describe demo/build -o json'],
  run: async (session, { args }) => {
    const [project, name, rest] = (args[0] ?? '').split('/');
    if (!project || !name || rest !== undefined) {
      throw cliError('usage_invalid', `expected PROJECT/WORKFLOW, found ${JSON.stringify(args[0])}`);
    }
    const { client } = await connect(session);
    const workflow = await client.describeWorkflow(project, name);
    session.output.data(workflow, () =>
      listing([
        ['workflow', `${workflow.project}/${workflow.name}`],
        ['contract', workflow.contract],
        ['revision', String(workflow.contractRevision ?? 'newest')],
        ['team', workflow.team || null],
        ['description', workflow.description || null],
        ['created', timeText(workflow.createdAt)],
        ['id', workflow.id],
      ]),
    );
    return EXIT.ok;
  },
});
