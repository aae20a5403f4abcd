import { defineCommand } from '../../../command.ts';
import { connect } from '../../../connection.ts';
import { EXIT } from '../../../exit.ts';
import { nameOf } from '../../../names.ts';
import { secondsOf } from '../../../numbers.ts';
import { WORKFLOW_OPTIONS, workflowNameOf } from '../../../workflow-option.ts';

export const command = defineCommand({
  summary: 'Create a token that pushes the runs of one workflow and nothing else; it is shown once',
  options: {
    ...WORKFLOW_OPTIONS,
    name: { type: 'string', value: 'NAME', required: true, summary: 'Name among those of the workflow' },
    expires: { type: 'string', value: 'DURATION', summary: 'Lifetime, e.g. 12h or 90d; without it no end' },
  },
  examples: [
    'waybill workflow robot-account create --project demo --workflow build --name gitlab --expires 90d',
    'waybill workflow robot-account create --workflow demo/build --name gitlab -o json',
  ],
  run: async (session, { options }) => {
    const workflow = workflowNameOf(options);
    const name = nameOf(options.name, '--name');
    const expiresInSeconds =
      options.expires === undefined ? undefined : secondsOf(options.expires, '--expires');
    const { client } = await connect(session);
    const created = await client.createRobotAccount(workflow, {
      name,
      ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
    });
    session.output.note(
      `robot account ${name} of ${workflow.project}/${workflow.workflow} created: set it as WAYBILL_TOKEN ` +
        '(or CHAINLOOP_ROBOT_ACCOUNT) in the pipeline now, it is not shown again',
    );
    session.output.data(created, () => created.secret);
    return EXIT.ok;
  },
});
