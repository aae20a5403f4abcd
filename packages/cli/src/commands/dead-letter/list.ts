import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { table } from '../../output.ts';
import { timeText } from '../../text.ts';

export const command = defineCommand({
  summary: 'List events that a follower of the server gave up after its last attempt',
  options: {},
  examples: ['waybill dead-letter list', 'waybill dead-letter list -o json'],
  run: async (session) => {
    const { client } = await connect(session);
    const page = await client.listDeadLetters();
    session.output.data(page, () =>
      page.deadLetters.length === 0
        ? 'no dead letters'
        : table(page.deadLetters, [
            { title: 'ID', of: (row) => row.id },
            { title: 'FOLLOWER', of: (row) => row.follower },
            { title: 'EVENT', of: (row) => `${row.type} ${row.eventId}` },
            { title: 'ATTEMPTS', of: (row) => `${row.attempts}${row.retrying ? ', retrying' : ''}` },
            { title: 'LAST', of: (row) => timeText(row.lastFailedAt) },
            { title: 'REASON', of: (row) => `${row.message} [${row.code}]` },
          ]),
    );
    return EXIT.ok;
  },
});
