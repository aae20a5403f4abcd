import { confirm, YES_OPTION } from '../../ask.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';

export const command = defineCommand({
  summary: 'Remove a registered key: it signs nothing any more',
  arguments: [{ name: 'NAME', summary: 'Name of the key', required: true }],
  options: YES_OPTION,
  examples: ['waybill key remove release', 'waybill key remove release --yes -o json'],
  run: async (session, { args, options }) => {
    const name = args[0] ?? '';
    await confirm(session, `Remove the key ${name}?`, options);
    const { client } = await connect(session);
    await client.removeKey(name);
    session.output.data({ name, removed: true }, () => `key ${name} removed`);
    return EXIT.ok;
  },
});
