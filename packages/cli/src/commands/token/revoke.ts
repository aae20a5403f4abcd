import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';

export const command = defineCommand({
  summary: 'Revoke an API token, at once and for good',
  arguments: [{ name: 'ID', summary: 'Id of the token (waybill token list)', required: true }],
  options: {},
  examples: [
    'waybill token revoke 7f0c3c52-54b5-4a39-9f0e-2a35d7a3a0b1',
    'waybill token revoke 7f0c3c52-54b5-4a39-9f0e-2a35d7a3a0b1 -o json',
  ],
  run: async (session, { args }) => {
    const id = args[0] ?? '';
    const { client } = await connect(session);
    await client.revokeToken(id);
    session.output.data({ id, revoked: true }, () => `token ${id} revoked`);
    return EXIT.ok;
  },
});
