import { defineCommand } from '../../../command.ts';
import { connect } from '../../../connection.ts';
import { EXIT } from '../../../exit.ts';
import { WORKFLOW_OPTIONS, workflowNameOf } from '../../../workflow-option.ts';

export const command = defineCommand({
  summary: 'Revoke a robot account, at once and for good',
  arguments: [{ name: 'ACCOUNT', summary: 'Its name or id', required: true }],
  options: WORKFLOW_OPTIONS,
  examples: [
    'waybill workflow robot-account revoke gitlab --project demo --workflow build',
    'waybill workflow robot-account revoke gitlab --workflow demo/build -o json',
  ],
  run: async (session, { options, args }) => {
    const account = args[0] ?? '';
    const workflow = workflowNameOf(options);
    const { client } = await connect(session);
    await client.revokeRobotAccount(workflow, account);
    session.output.data(
      { account, ...workflow, revoked: true },
      () => `robot account ${account} of ${workflow.project}/${workflow.workflow} revoked`,
    );
    return EXIT.ok;
  },
});
