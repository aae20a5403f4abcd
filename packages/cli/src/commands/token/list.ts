import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { tokenTable } from '../../token-text.ts';

export const command = defineCommand({
  summary: 'List API tokens, without their text',
  options: {},
  examples: ['waybill token list', 'waybill token list -o json'],
  run: async (session) => {
    const { client } = await connect(session);
    const list = await client.listTokens();
    session.output.data(list, () => tokenTable(list.tokens, 'of-organization'));
    return EXIT.ok;
  },
});
