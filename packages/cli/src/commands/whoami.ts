import { defineCommand } from '../command.ts';
import { connect } from '../connection.ts';
import { EXIT } from '../exit.ts';
import { listing } from '../output.ts';
import { scopeText } from '../text.ts';

export const command = defineCommand({
  summary: 'Show who the token speaks for, and where',
  options: {},
  examples: [
    'waybill whoami',
    'WAYBILL_TOKEN=wb_… waybill whoami --server https://waybill.example.com -o json',
  ],
  run: async (session) => {
    const { client, url } = await connect(session);
    const me = await client.me();
    session.output.data({ server: url, ...me }, () =>
      listing([
        ['server', url],
        ['organization', me.organization],
        ['token', me.token.name],
        ['role', me.role],
        ['scope', scopeText(me.scope)],
      ]),
    );
    return EXIT.ok;
  },
});
