import { defineCommand } from '../../../command.ts';
import { connect } from '../../../connection.ts';
import { EXIT } from '../../../exit.ts';
import { table } from '../../../output.ts';
import { timeText } from '../../../text.ts';
import { WORKFLOW_OPTIONS, workflowNameOf } from '../../../workflow-option.ts';

export const command = defineCommand({
  summary: 'List the pipelines that a workflow trusts',
  options: WORKFLOW_OPTIONS,
  examples: [
    'waybill workflow trust list --project demo --workflow build',
    'waybill workflow trust list --workflow demo/build -o json',
  ],
  run: async (session, { options }) => {
    const workflow = workflowNameOf(options);
    const { client } = await connect(session);
    const list = await client.listTrusts(workflow);
    session.output.data(list, () =>
      list.trusts.length === 0
        ? 'no pipeline is trusted: waybill workflow trust --issuer URL --subject PATTERN trusts one'
        : table(list.trusts, [
            { title: 'NAME', of: (row) => row.name },
            { title: 'ISSUER', of: (row) => row.issuer },
            { title: 'SUBJECT', of: (row) => row.subject },
            {
              title: 'CLAIMS',
              of: (row) =>
                Object.entries(row.claims)
                  .map((pair) => pair.join('='))
                  .join(' '),
            },
            { title: 'AUDIENCE', of: (row) => row.audience },
            { title: 'EXPIRES', of: (row) => timeText(row.expiresAt) },
            { title: 'LAST USED', of: (row) => timeText(row.lastUsedAt) },
          ]),
    );
    return EXIT.ok;
  },
});
