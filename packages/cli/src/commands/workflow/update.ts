import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { cliError, EXIT } from '../../exit.ts';
import { nameOf } from '../../names.ts';
import { revisionOf } from '../../numbers.ts';
import { WORKFLOW_ARGUMENT, workflowKeyOf } from '../../workflow-key.ts';

const IN_FORCE = 'in-force';

export const command = defineCommand({
  summary: 'Change what a workflow owes, or what is said of it',
  arguments: [WORKFLOW_ARGUMENT],
  options: {
    contract: {
      type: 'string',
      value: 'NAME',
      summary: 'Contract it owes from its next run on; takes the pin away unless one is given',
    },
    'contract-revision': {
      type: 'string',
      value: 'N',
      summary: `Pin this revision; ${IN_FORCE} takes the pin away`,
    },
    description: { type: 'string', value: 'TEXT', summary: 'What it is' },
    team: { type: 'string', value: 'NAME', summary: 'Who looks after it' },
  },
  examples: [
    'waybill workflow update demo/build --contract release --team "cyberdyne core"',
    `waybill workflow update demo/build --contract-revision ${IN_FORCE}`,
  ],
  run: async (session, { options, args }) => {
    const key = workflowKeyOf(args[0] ?? '');
    const { contract, description, team, 'contract-revision': revision } = options;
    const pin = revision === IN_FORCE ? null : revisionOf(revision, '--contract-revision');
    if ([contract, description, team, revision].every((value) => value === undefined)) {
      throw cliError(
        'usage_missing',
        'nothing to change: give --contract, --contract-revision, --description or --team',
      );
    }
    const { client } = await connect(session);
    const workflow = await client.updateWorkflow(key, {
      ...(contract === undefined ? {} : { contract: nameOf(contract, '--contract') }),
      ...(pin === undefined ? {} : { contractRevision: pin }),
      ...(description === undefined ? {} : { description }),
      ...(team === undefined ? {} : { team }),
    });
    session.output.data(workflow, () => {
      const owed = `${workflow.contract}${workflow.contractRevision === null ? '' : ` revision ${workflow.contractRevision}`}`;
      return `workflow ${workflow.project}/${workflow.name} updated; it owes ${owed}`;
    });
    return EXIT.ok;
  },
});
