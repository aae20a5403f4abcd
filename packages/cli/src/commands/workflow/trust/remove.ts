import { defineCommand } from '../../../command.ts';
import { connect } from '../../../connection.ts';
import { EXIT } from '../../../exit.ts';
import { WORKFLOW_OPTIONS, workflowNameOf } from '../../../workflow-option.ts';

export const command = defineCommand({
  summary: 'Trust a pipeline no more; what its jobs have got by it ends at once',
  arguments: [{ name: 'TRUST', summary: 'Its name or id', required: true }],
  options: WORKFLOW_OPTIONS,
  examples: [
    'waybill workflow trust remove github-main --project demo --workflow build',
    'waybill workflow trust remove github-main --workflow demo/build -o json',
  ],
  run: async (session, { options, args }) => {
    const trust = args[0] ?? '';
    const workflow = workflowNameOf(options);
    const { client } = await connect(session);
    await client.removeTrust(workflow, trust);
    session.output.data(
      { trust, ...workflow, removed: true },
      () => `${workflow.project}/${workflow.workflow} trusts ${trust} no more`,
    );
    return EXIT.ok;
  },
});
