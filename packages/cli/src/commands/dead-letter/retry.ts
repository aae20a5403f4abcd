import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';

export const command = defineCommand({
  summary: 'Have a dead letter delivered once more',
  arguments: [{ name: 'ID', summary: 'Id of the dead letter (waybill dead-letter list)', required: true }],
  options: {},
  examples: [
    'waybill dead-letter retry 7f0c3c52-54b5-4a39-9f0e-2a35d7a3a0b1',
    'waybill dead-letter retry 7f0c3c52-54b5-4a39-9f0e-2a35d7a3a0b1 -o json',
  ],
  run: async (session, { args }) => {
    const { client } = await connect(session);
    const letter = await client.retryDeadLetter(args[0] ?? '');
    session.output.data(
      letter,
      () =>
        `the follower ${letter.follower} tries once more within a second: waybill dead-letter list shows it only if that fails`,
    );
    return EXIT.ok;
  },
});
