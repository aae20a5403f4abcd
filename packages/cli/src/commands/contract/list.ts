import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { shortDigest, table } from '../../output.ts';
import { timeText } from '../../text.ts';

export const command = defineCommand({
  summary: 'List contracts',
  options: {},
  examples: ['waybill contract list', 'waybill contract list -o json'],
  run: async (session) => {
    const { client } = await connect(session);
    const list = await client.listContracts();
    session.output.data(list, () =>
      list.contracts.length === 0
        ? 'no contracts yet: waybill contract apply FILE makes one'
        : table(list.contracts, [
            { title: 'CONTRACT', of: (row) => row.name },
            { title: 'REVISION', of: (row) => String(row.revision) },
            { title: 'IN FORCE', of: ({ inForce }) => String(inForce ?? '-') },
            { title: 'DIGEST', of: (row) => shortDigest(row.digest) },
            { title: 'WORKFLOWS', of: (row) => String(row.workflows) },
            { title: 'UPDATED', of: (row) => timeText(row.updatedAt) },
            { title: 'DESCRIPTION', of: (row) => row.description },
          ]),
    );
    return EXIT.ok;
  },
});
