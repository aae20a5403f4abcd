import { confirm, YES_OPTION } from '../../ask.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';

export const command = defineCommand({
  summary:
    'Take a contract that no workflow owes off the lists; its revisions stay for the runs that name them',
  arguments: [{ name: 'NAME', summary: 'Which one, by name or id', required: true }],
  options: YES_OPTION,
  examples: ['waybill contract delete old-release', 'waybill contract delete old-release --yes -o json'],
  run: async (session, { args, options }) => {
    const name = args[0] ?? '';
    await confirm(session, `Delete the contract ${name}?`, options);
    const { client } = await connect(session);
    await client.deleteContract(name);
    session.output.data({ contract: name, deleted: true }, () => `contract ${name} deleted`);
    return EXIT.ok;
  },
});
