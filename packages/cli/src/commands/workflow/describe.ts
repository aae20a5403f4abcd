import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { listing } from '../../output.ts';
import { timeText } from '../../text.ts';
import { WORKFLOW_ARGUMENT, workflowKeyOf } from '../../workflow-key.ts';

export const command = defineCommand({
  summary: 'Show one workflow',
  arguments: [WORKFLOW_ARGUMENT],
  options: {},
  examples: ['waybill workflow describe demo/build', 'waybill workflow describe demo/build -o json'],
  run: async (session, { args }) => {
    const { client } = await connect(session);
    const workflow = await client.findWorkflow(workflowKeyOf(args[0] ?? ''));
    session.output.data(workflow, () =>
      listing([
        ['workflow', `${workflow.project}/${workflow.name}`],
        ['contract', workflow.contract],
        ['revision', String(workflow.contractRevision ?? 'in force')],
        ['team', workflow.team || null],
        ['description', workflow.description || null],
        ['created', timeText(workflow.createdAt)],
        ['deleted', workflow.archivedAt && timeText(workflow.archivedAt)],
        ['runs', String(workflow.runs)],
        ['last run', workflow.lastRun && `${workflow.lastRun.state} ${workflow.lastRun.id}`],
        ['id', workflow.id],
      ]),
    );
    return EXIT.ok;
  },
});
