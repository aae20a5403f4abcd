import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { table } from '../../output.ts';
import { timeText } from '../../text.ts';

export const command = defineCommand({
  summary: 'List the issuers whose tokens may sign',
  options: {},
  examples: ['waybill issuer list', 'waybill issuer list -o json'],
  run: async (session) => {
    const { client } = await connect(session);
    const list = await client.listIssuers();
    session.output.data(list, () =>
      list.issuers.length === 0
        ? 'no issuers beside the built-in one: waybill issuer add URL --kind KIND lists one'
        : table(list.issuers, [
            { title: 'ISSUER', of: (row) => row.url },
            { title: 'KIND', of: (row) => row.kind },
            { title: 'DOMAIN', of: (row) => row.subjectDomain ?? row.trustDomain ?? '' },
            { title: 'SINCE', of: (row) => timeText(row.createdAt) },
          ]),
    );
    return EXIT.ok;
  },
});
