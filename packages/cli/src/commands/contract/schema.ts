import { defineCommand } from '../../command.ts';
import { EXIT } from '../../exit.ts';

export const command = defineCommand({
  summary: 'Write the JSON Schema of contracts, for editors',
  options: {},
  examples: [
    'waybill contract schema > contract.schema.json',
    'waybill contract schema | jq \'.["$defs"].material\'',
  ],
  run: async (session) => {
    const { contractSchema } = await import('@waybill/core/contract');
    const schema = contractSchema();
    session.output.data(schema, () => JSON.stringify(schema, null, 2));
    return EXIT.ok;
  },
});
