import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { WORKFLOW_ARGUMENT, workflowKeyOf } from '../../workflow-key.ts';

export const command = defineCommand({
  summary: 'End a workflow; one that has runs is archived, and their evidence stays',
  arguments: [WORKFLOW_ARGUMENT],
  options: {},
  examples: ['waybill workflow delete demo/build', 'waybill workflow delete demo/build -o json'],
  run: async (session, { args }) => {
    const { client } = await connect(session);
    const name = args[0] ?? '';
    const { deletion } = await client.deleteWorkflow(workflowKeyOf(name));
    session.output.data({ workflow: name, deletion }, () =>
      deletion === 'deleted'
        ? `workflow ${name} deleted`
        : `workflow ${name} archived: its runs stay, and workflow create brings it back`,
    );
    return EXIT.ok;
  },
});
