import { Observer } from '@waybill/rego';
import { defineCommand } from '../../command.ts';
import { EXIT } from '../../exit.ts';
import { answersJson, dataWriter, jsonOf, plainJson, prettyText, resultJson } from '../../policy/answers.ts';
import { evaluateOptions } from '../../policy/evaluate-options.ts';
import { type FailedExpression, failedExpressions, failuresText } from '../../policy/failures.ts';
import { problemsOf, problemsText } from '../../policy/problems.ts';
import { openQuery, QUERY_OPTIONS } from '../../policy/query-options.ts';

/** As `eval`. */
const NOT_EVALUATED = 2;

export const command = defineCommand({
  summary: 'Evaluate a query and tell which expressions of the policies did not hold, and with what values',
  arguments: [{ name: 'QUERY', summary: 'What to evaluate, such as data.example.allow' }],
  options: {
    ...QUERY_OPTIONS,
    format: {
      type: 'string',
      short: 'f',
      value: 'FORMAT',
      choices: ['pretty', 'json'],
      summary: 'pretty (default) or json',
    },
  },
  examples: [
    'waybill policy explain data.example.allow -d policy.rego -i input.json',
    'waybill policy explain data.example.allow -d policies -i input.json --format json',
  ],
  run: async (session, { options, args }) => {
    const { output } = session;
    const writeData = dataWriter(output, options.format);
    const observer = new Observer();
    try {
      const opened = await openQuery(session, args, options, observer);
      const { answers } = opened.query.evaluate({ ...evaluateOptions(session, opened), observer });
      const failed = failedExpressions(observer, opened);
      if (writeData) writeData(resultJson({ result: answersJson(answers), failures: failuresJson(failed) }));
      else output.raw(`${prettyText(answers)}\n${failuresText(failed)}`);
      return EXIT.ok;
    } catch (error) {
      const problems = problemsOf(error);
      if (writeData) writeData(resultJson({ errors: plainJson(problems) }));
      else output.note(problemsText(problems));
      return NOT_EVALUATED;
    }
  },
});

function failuresJson(failed: readonly FailedExpression[]): string {
  const members = failed.map(({ rule, text, location: { file, row, col }, tried, values }) => {
    const known = plainJson({ rule, text, location: { file, row, col }, tried }).slice(0, -1);
    return `${known},"values":${jsonOf(values)}}`;
  });
  return `[${members.join(',')}]`;
}
