import { confirm, YES_OPTION } from '../../ask.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { WORKFLOW_ARGUMENT, workflowKeyOf } from '../../workflow-key.ts';

export const command = defineCommand({
  summary: 'End a workflow; one that has runs is archived, and their evidence stays',
  arguments: [WORKFLOW_ARGUMENT],
  options: YES_OPTION,
  examples: ['waybill workflow delete demo/build', 'waybill workflow delete demo/build --yes -o json'],
  run: async (session, { args, options }) => {
    const name = args[0] ?? '';
    await confirm(session, `End the workflow ${name}?`, options);
    const { client } = await connect(session);
    const { deletion } = await client.deleteWorkflow(workflowKeyOf(name));
    session.output.data({ workflow: name, deletion }, () =>
      deletion === 'deleted'
        ? `workflow ${name} deleted`
        : `workflow ${name} archived: its runs stay, and workflow create brings it back`,
    );
    return EXIT.ok;
  },
});
