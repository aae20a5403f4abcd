import { defineCommand } from '../../../command.ts';
import { connect } from '../../../connection.ts';
import { EXIT } from '../../../exit.ts';
import { isAlive, tokenTable } from '../../../token-text.ts';
import { WORKFLOW_OPTIONS, workflowNameOf } from '../../../workflow-option.ts';

export const command = defineCommand({
  summary: 'List the robot accounts of a workflow, without their text',
  options: {
    ...WORKFLOW_OPTIONS,
    all: { type: 'boolean', short: 'a', summary: 'Also those that were revoked or have expired' },
  },
  examples: [
    'waybill workflow robot-account list --project demo --workflow build',
    'waybill workflow robot-account list --workflow demo/build --all -o json',
  ],
  run: async (session, { options }) => {
    const workflow = workflowNameOf(options);
    const { client } = await connect(session);
    const found = await client.listRobotAccounts(workflow);
    const tokens = options.all ? found.tokens : found.tokens.filter(isAlive);
    session.output.data({ tokens }, () =>
      tokens.length === 0
        ? `no robot accounts${options.all ? '' : ' in use'}: waybill workflow robot-account create makes one`
        : tokenTable(tokens, 'of-workflow'),
    );
    return EXIT.ok;
  },
});
