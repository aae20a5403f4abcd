import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { nameOf } from '../../names.ts';
import { revisionOf } from '../../numbers.ts';

export const command = defineCommand({
  summary: 'Create a workflow under a contract; the project is created with it',
  options: {
    project: { type: 'string', value: 'NAME', required: true, summary: 'Project it belongs to' },
    name: { type: 'string', value: 'NAME', required: true, summary: 'Name of the workflow' },
    contract: { type: 'string', value: 'NAME', required: true, summary: 'Contract it owes' },
    'contract-revision': {
      type: 'string',
      value: 'N',
      summary: 'Pin one revision; else each run takes the newest',
    },
    description: { type: 'string', value: 'TEXT', summary: 'What it is' },
    team: { type: 'string', value: 'NAME', summary: 'Who looks after it' },
  },
  examples: [
    'waybill workflow create --project demo --name build --contract release',
    'waybill workflow create --project demo --name build --contract release --contract-revision 3 --team core',
  ],
  run: async (session, { options }) => {
    const { client } = await connect(session);
    const contractRevision = revisionOf(options['contract-revision'], '--contract-revision');
    const workflow = await client.createWorkflow({
      project: nameOf(options.project, '--project'),
      name: nameOf(options.name, '--name'),
      contract: nameOf(options.contract, '--contract'),
      ...(contractRevision === undefined ? {} : { contractRevision }),
      ...(options.description === undefined ? {} : { description: options.description }),
      ...(options.team === undefined ? {} : { team: options.team }),
    });
    session.output.data(
      workflow,
      () => `workflow ${workflow.project}/${workflow.name} created under contract ${workflow.contract}`,
    );
    return EXIT.ok;
  },
});
