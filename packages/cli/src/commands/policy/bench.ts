import { defineCommand } from '../../command.ts';
import { cliError, EXIT } from '../../exit.ts';
import { dataWriter, jsonLines, plainJson } from '../../policy/answers.ts';
import { measure, measuredJson, measuredText } from '../../policy/measure.ts';
import { problemsOf, problemsText } from '../../policy/problems.ts';
import { evaluateOptions } from '../../policy/evaluate-options.ts';
import { openQuery, QUERY_OPTIONS } from '../../policy/query-options.ts';

export const command = defineCommand({
  summary: 'Measure how long a query takes, as opa bench does: compiled once, evaluated for a second',
  arguments: [{ name: 'QUERY', summary: 'What to evaluate, such as data.example.allow' }],
  options: {
    ...QUERY_OPTIONS,
    count: { type: 'string', value: 'N', summary: 'How often to measure (default 1)' },
    format: {
      type: 'string',
      short: 'f',
      value: 'FORMAT',
      choices: ['pretty', 'json'],
      summary: 'pretty (default) or json',
    },
  },
  examples: [
    'waybill policy bench data.example.deny -d policy.rego -i input.json',
    'waybill policy bench data.example.allow -d policies -i input.json --count 3 --format json',
  ],
  run: async (session, { options, args }) => {
    const { output } = session;
    const count = countOf(options.count ?? '1');
    const writeData = dataWriter(output, options.format);
    try {
      const opened = await openQuery(session, args, options);
      const evaluation = evaluateOptions(session, opened);
      for (let round = 0; round < count; round++) {
        const measured = measure(() => opened.query.evaluate(evaluation).answers.length > 0);
        if (measured === undefined) {
          output.note('1 error occurred: undefined result');
          return EXIT.error;
        }
        if (writeData) writeData(jsonLines(plainJson(measuredJson(measured))));
        else output.raw(measuredText(measured));
      }
      return EXIT.ok;
    } catch (error) {
      output.note(problemsText(problemsOf(error)));
      return EXIT.error;
    }
  },
});

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw cliError('usage_invalid', `--count must be a whole number from 1, found ${JSON.stringify(text)}`);
}
