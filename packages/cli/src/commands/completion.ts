import { defineCommand } from '../command.ts';
import { SCRIPTS, SHELLS, type Shell } from '../completion/scripts.ts';
import { EXIT } from '../exit.ts';

export const command = defineCommand({
  summary: 'Write the script that makes a shell complete commands, options, files and names',
  arguments: [{ name: 'SHELL', summary: SHELLS.join(', '), required: true, choices: SHELLS }],
  options: {},
  examples: [
    'waybill completion bash > ~/.local/share/bash-completion/completions/waybill',
    'waybill completion fish > ~/.config/fish/completions/waybill.fish',
  ],
  run: async ({ output }, { args }) => {
    const script = SCRIPTS[args[0] as Shell];
    output.data({ shell: args[0], script }, () => script);
    return EXIT.ok;
  },
});
