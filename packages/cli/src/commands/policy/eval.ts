import { Observer } from '@waybill/rego';
import { coverageReport } from '@waybill/rego/coverage';
import { Trace, type TraceMode } from '@waybill/rego/trace';
import { defineCommand, type OptionSpecs, type OptionValues } from '../../command.ts';
import { EXIT, type ExitCode } from '../../exit.ts';
import { EVAL_FORMATS, type EvalReport, reportText } from '../../policy/eval-report.ts';
import { explanationJson, explanationOf, explanationText } from '../../policy/explanation.ts';
import { evaluateOptions } from '../../policy/evaluate-options.ts';
import { failureProblem, problemsOf } from '../../policy/problems.ts';
import { type OpenQuery, openQuery, QUERY_OPTIONS, sourcesOf } from '../../policy/query-options.ts';
import type { Session } from '../../session.ts';

const OPTIONS = {
  ...QUERY_OPTIONS,
  format: {
    type: 'string',
    short: 'f',
    value: 'FORMAT',
    choices: EVAL_FORMATS,
    summary: `${EVAL_FORMATS.join(', ')} (default json)`,
  },
  fail: { type: 'boolean', summary: 'Exit code 1 when there is no answer' },
  'fail-defined': { type: 'boolean', summary: 'Exit code 1 when there is an answer' },
  coverage: { type: 'boolean', summary: 'Report which lines were evaluated' },
  explain: {
    type: 'string',
    value: 'MODE',
    choices: ['full', 'notes', 'fails'],
    summary: 'Tell the steps: full, notes (of trace) or fails',
  },
  'strict-builtin-errors': { type: 'boolean', summary: 'The first built-in that fails ends the evaluation' },
  'show-builtin-errors': { type: 'boolean', summary: 'Report all built-ins that failed' },
} as const satisfies OptionSpecs;

type Values = OptionValues<typeof OPTIONS>;

/** As that of `opa eval` for whatever could not be read or evaluated. */
const NOT_EVALUATED = 2;
const NOTHING = { answers: [], problems: [], coverage: undefined, explanation: undefined };

export const command = defineCommand({
  summary: 'Evaluate a query over policies and documents, as opa eval does; exit code 2 when it cannot be',
  arguments: [{ name: 'QUERY', summary: 'What to evaluate, such as data.example.allow' }],
  options: OPTIONS,
  examples: [
    'waybill policy eval data.example.deny -d policy.rego -i input.json --format pretty',
    'waybill policy eval data.example.allow -d policies -i input.json --fail',
  ],
  run: async (session, { options, args }) => {
    const format = options.format ?? (session.globals.output === 'table' ? 'pretty' : 'json');
    try {
      const report = await evaluated(session, args, options);
      write(session, format, report);
      return exitCode(report, options);
    } catch (error) {
      write(session, format, { ...NOTHING, problems: problemsOf(error) });
      return NOT_EVALUATED;
    }
  },
});

async function evaluated(session: Session, args: readonly string[], options: Values): Promise<EvalReport> {
  const trace = options.explain === undefined ? undefined : new Trace(options.explain as TraceMode);
  const observer = trace?.observer ?? (options.coverage ? new Observer() : undefined);
  const opened = await openQuery(session, args, options, observer);
  const { answers, failures } = opened.query.evaluate({
    ...evaluateOptions(session, opened),
    strictBuiltinErrors: options['strict-builtin-errors'],
    ...(observer === undefined ? {} : { observer }),
  });
  return {
    answers,
    problems: options['show-builtin-errors'] ? failures.map(failureProblem) : [],
    coverage:
      options.coverage && observer !== undefined ? coverageReport(sourcesOf(opened), observer) : undefined,
    explanation: trace === undefined ? undefined : explained(trace, opened),
  };
}

function explained(trace: Trace, opened: OpenQuery): EvalReport['explanation'] {
  const steps = explanationOf(trace, opened);
  return { json: explanationJson(steps), text: explanationText(steps, trace) };
}

function write({ output }: Session, format: string, report: EvalReport): void {
  const { stdout, stderr } = reportText(format, report);
  if (stdout !== '') output.raw(stdout);
  if (stderr !== '') output.note(stderr);
}

function exitCode({ answers }: EvalReport, options: Values): ExitCode {
  if (options.fail && answers.length === 0) return EXIT.error;
  return options['fail-defined'] && answers.length > 0 ? EXIT.error : EXIT.ok;
}
