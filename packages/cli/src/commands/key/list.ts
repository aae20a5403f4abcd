import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { table } from '../../output.ts';
import { timeText } from '../../text.ts';

export const command = defineCommand({
  summary: 'List registered public keys',
  options: {},
  examples: ['waybill key list', 'waybill key list -o json'],
  run: async (session) => {
    const { client } = await connect(session);
    const list = await client.listKeys();
    session.output.data(list, () =>
      list.keys.length === 0
        ? 'no keys registered: waybill key add NAME --public-key FILE registers one'
        : table(list.keys, [
            { title: 'NAME', of: (row) => row.name },
            { title: 'FINGERPRINT', of: (row) => row.fingerprint },
            { title: 'REGISTERED', of: (row) => timeText(row.createdAt) },
          ]),
    );
    return EXIT.ok;
  },
});
