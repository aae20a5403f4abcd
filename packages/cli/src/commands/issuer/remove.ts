import { confirm, YES_OPTION } from '../../ask.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';

export const command = defineCommand({
  summary: 'Take an issuer off the list: its tokens sign nothing any more',
  arguments: [{ name: 'URL', summary: 'Issuer as `waybill issuer list` shows it', required: true }],
  options: YES_OPTION,
  examples: [
    'waybill issuer remove https://gitlab.com',
    'waybill issuer remove https://gitlab.com --yes -o json',
  ],
  run: async (session, { args, options }) => {
    const url = args[0] ?? '';
    await confirm(session, `Take the issuer ${url} off the list?`, options);
    const { client } = await connect(session);
    await client.removeIssuer(url);
    session.output.data({ url, removed: true }, () => `issuer ${url} removed`);
    return EXIT.ok;
  },
});
