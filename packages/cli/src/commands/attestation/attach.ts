import { attachmentsText, attachRun, noteFailures } from '../../attach-run.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { cliError, EXIT } from '../../exit.ts';
import { materialsIn } from '../../materials-in.ts';
import { OPTIONAL_WORKFLOW, workflowNameOf } from '../../workflow-option.ts';

export const command = defineCommand({
  summary:
    'Attach the evidence of a pushed run beside its output images in their own registries; what is there stays',
  arguments: [{ name: 'RUN', summary: 'Id of the run', required: true }],
  options: {
    ...OPTIONAL_WORKFLOW,
    workflow: {
      ...OPTIONAL_WORKFLOW.workflow,
      summary: `${OPTIONAL_WORKFLOW.workflow.summary}; only for a job that signs in by its CI system's own token`,
    },
  },
  examples: [
    'waybill attestation attach 7f0c3c52-54b5-4a39-9f0e-2a35d7a3a0b1',
    'waybill attestation attach 7f0c3c52-54b5-4a39-9f0e-2a35d7a3a0b1 --workflow demo/build',
  ],
  run: async (session, { options, args }) => {
    const id = args[0] ?? '';
    const { workflow, project } = options;
    const connection = await connect(
      session,
      workflow === undefined ? {} : { workflow: workflowNameOf({ workflow, project }) },
    );
    const { client } = connection;
    // As the attestation states them: whoever reads what is attached verifies it. Of a run without one this says why.
    const materials = materialsIn(await client.downloadBundle(id));
    const { receipt } = await client.describeRun(id);
    if (receipt === null) throw new TypeError('a run with a bundle has its receipt');
    const attachments = await attachRun(session, connection, { receipt, materials });
    noteFailures(session, id, attachments);
    session.output.data({ runId: id, attachments }, () =>
      attachments.length === 0
        ? `run ${id} has no output image`
        : [`run ${id}`, ...attachmentsText(attachments)].join('\n'),
    );
    const failed = attachments.filter(({ state }) => state === 'failed').length;
    if (failed === 0) return EXIT.ok;
    throw cliError('cli_not_attached', `${failed} of ${attachments.length} images do not have the evidence`);
  },
});
