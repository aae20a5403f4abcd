import type { Token } from '@waybill/api';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { table } from '../../output.ts';
import { scopeText, timeText } from '../../text.ts';

export const command = defineCommand({
  summary: 'List API tokens, without their text',
  options: {},
  examples: ['waybill token list', 'waybill token list -o json'],
  run: async (session) => {
    const { client } = await connect(session);
    const list = await client.listTokens();
    session.output.data(list, () =>
      table(list.tokens, [
        { title: 'NAME', of: (row) => row.name },
        { title: 'ROLE', of: (row) => row.role },
        { title: 'SCOPE', of: (row) => scopeText(row.scope) },
        { title: 'STATE', of: stateOf },
        { title: 'LAST USED', of: (row) => timeText(row.lastUsedAt) },
        { title: 'ID', of: (row) => row.id },
      ]),
    );
    return EXIT.ok;
  },
});

function stateOf(token: Token): string {
  if (token.revokedAt !== null) return 'revoked';
  if (token.expiresAt === null) return 'active';
  return Date.parse(token.expiresAt) <= Date.now() ? 'expired' : `until ${timeText(token.expiresAt)}`;
}
