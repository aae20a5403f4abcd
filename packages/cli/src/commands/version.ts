import { defineCommand } from '../command.ts';
import { EXIT } from '../exit.ts';
import { VERSION } from '../version.ts';

export const command = defineCommand({
  summary: 'Show the version of this program',
  options: {},
  examples: ['waybill version', 'waybill version --output json'],
  run: async ({ output }) => {
    output.data(
      { version: VERSION, node: process.versions.node },
      () => `waybill ${VERSION} (Node ${process.versions.node})`,
    );
    return EXIT.ok;
  },
});
