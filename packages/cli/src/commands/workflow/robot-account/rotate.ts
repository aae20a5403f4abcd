import { defineCommand } from '../../../command.ts';
import { connect } from '../../../connection.ts';
import { EXIT } from '../../../exit.ts';
import { secondsOf } from '../../../numbers.ts';
import { timeText } from '../../../text.ts';
import { WORKFLOW_OPTIONS, workflowNameOf } from '../../../workflow-option.ts';

export const command = defineCommand({
  summary: 'Give a robot account a new secret, shown once; the old one ends at once or after --grace',
  arguments: [{ name: 'ACCOUNT', summary: 'Its name or id', required: true }],
  options: {
    ...WORKFLOW_OPTIONS,
    grace: { type: 'string', value: 'DURATION', summary: 'How long the old secret is still good, up to 30d' },
    expires: {
      type: 'string',
      value: 'DURATION',
      summary: 'Lifetime of the new one; else that of the old one',
    },
  },
  examples: [
    'waybill workflow robot-account rotate gitlab --project demo --workflow build --grace 1h',
    'waybill workflow robot-account rotate gitlab --workflow demo/build --expires 30d -o json',
  ],
  run: async (session, { options, args }) => {
    const account = args[0] ?? '';
    const workflow = workflowNameOf(options);
    const { grace, expires } = options;
    const { client } = await connect(session);
    const created = await client.rotateRobotAccount(workflow, account, {
      ...(grace === undefined ? {} : { graceSeconds: secondsOf(grace, '--grace') }),
      ...(expires === undefined ? {} : { expiresInSeconds: secondsOf(expires, '--expires') }),
    });
    const { name, expiresAt } = created.token;
    session.output.note(
      `robot account ${name} has a new secret${expiresAt === null ? '' : `, good until ${timeText(expiresAt)}`}; ` +
        `the old one ends ${grace === undefined ? 'now' : `in ${grace}`}. Keep the new one: it is not shown again`,
    );
    session.output.data(created, () => created.secret);
    return EXIT.ok;
  },
});
