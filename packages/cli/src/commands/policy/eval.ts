import { Observer } from '@waybill/rego';
import type { CoverageReport } from '@waybill/rego/coverage';
import type { Trace, TraceMode } from '@waybill/rego/trace';
import { defineCommand, type OptionSpecs, type OptionValues } from '../../command.ts';
import { cliError, EXIT, type ExitCode } from '../../exit.ts';
import { dataWriter, jsonLines, plainJson } from '../../policy/answers.ts';
import { EVAL_FORMATS, type EvalReport, reportText } from '../../policy/eval-report.ts';
import { evaluateOptions } from '../../policy/evaluate-options.ts';
import { failureProblem, problemsOf } from '../../policy/problems.ts';
import { type OpenQuery, openQuery, QUERY_OPTIONS, sourcesOf } from '../../policy/query-options.ts';
import { printable } from '../../printable.ts';
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
  policy: { type: 'string', value: 'FILE', summary: 'Instead of a query: a policy document of a contract' },
  material: { type: 'string', value: 'FILE', summary: 'With --policy: the file that it judges' },
  kind: {
    type: 'string',
    value: 'KIND',
    summary: 'With --policy: the kind of the file (default: by content)',
  },
  with: {
    type: 'string',
    value: 'KEY=VALUE',
    multiple: true,
    summary: 'With --policy: an input that it takes',
  },
  annotation: {
    type: 'string',
    value: 'KEY=VALUE',
    multiple: true,
    summary: 'With --policy: an annotation of the material',
  },
  project: { type: 'string', value: 'NAME', summary: 'With --policy: the project that the run is of' },
  'strict-builtin-errors': { type: 'boolean', summary: 'The first built-in that fails ends the evaluation' },
  'show-builtin-errors': { type: 'boolean', summary: 'Report all built-ins that failed' },
} as const satisfies OptionSpecs;

type Values = OptionValues<typeof OPTIONS>;

/** As that of `opa eval` for whatever could not be read or evaluated. */
const NOT_EVALUATED = 2;
const NOTHING = { answers: [], problems: [], coverage: undefined, explanation: undefined };

export const command = defineCommand({
  summary:
    'Evaluate a query as opa eval does (exit code 2 when it cannot be), or a policy document (4 when it would block)',
  arguments: [{ name: 'QUERY', summary: 'What to evaluate, such as data.example.allow' }],
  options: OPTIONS,
  examples: [
    'waybill policy eval data.example.deny -d policy.rego -i input.json --format pretty',
    'waybill policy eval --policy no-banned-licence.yaml --material sbom.cdx.json --with banned=GPL-3.0-only',
  ],
  run: async (session, { options, args }) => {
    if (options.policy !== undefined) return judgeDocument(session, options.policy, { options, args });
    try {
      const report = await evaluated(session, args, options);
      write(session, options, report);
      return exitCode(report, options);
    } catch (error) {
      write(session, options, { ...NOTHING, problems: problemsOf(error) });
      return NOT_EVALUATED;
    }
  },
});

/** Says what the policy says; undetermined blocks like a violation. */
async function judgeDocument(
  { cwd, output }: Session,
  policy: string,
  { options, args }: { readonly options: Values; readonly args: readonly string[] },
): Promise<ExitCode> {
  const { material, kind, annotation: annotations, project = '' } = options;
  if (material === undefined || args.length > 0) {
    throw cliError('usage_missing', '--policy needs --material FILE, and takes no query');
  }
  const [{ judgeFile }, { isGood, judgedJson, judgedText }] = await Promise.all([
    import('../../policy/judge-file.ts'),
    import('../../policy/verdict-text.ts'),
  ]);
  const judged = await judgeFile(cwd, {
    policy,
    material,
    kind,
    annotations,
    project,
    with: options.with,
  });
  const writeData = dataWriter(output, options.format);
  if (writeData) writeData(jsonLines(plainJson(judgedJson(judged))));
  else output.raw(`${printable(judgedText([judged], output))}\n`);
  return isGood(judged.verdict) ? EXIT.ok : EXIT.refused;
}

async function evaluated(session: Session, args: readonly string[], options: Values): Promise<EvalReport> {
  const trace = options.explain === undefined ? undefined : await newTrace(options.explain as TraceMode);
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
    coverage: options.coverage && observer !== undefined ? await covered(opened, observer) : undefined,
    explanation: trace === undefined ? undefined : await explained(trace, opened),
  };
}

// Most calls need neither: what they need is read when they are asked for.
async function newTrace(mode: TraceMode): Promise<Trace> {
  const { Trace } = await import('@waybill/rego/trace');
  return new Trace(mode);
}

async function covered(opened: OpenQuery, observer: Observer): Promise<CoverageReport> {
  const { coverageReport } = await import('@waybill/rego/coverage');
  return coverageReport(sourcesOf(opened), observer);
}

async function explained(trace: Trace, opened: OpenQuery): Promise<EvalReport['explanation']> {
  const { explanationJson, explanationOf, explanationText } = await import('../../policy/explanation.ts');
  const steps = explanationOf(trace, opened);
  return { json: explanationJson(steps), text: explanationText(steps, trace) };
}

function write({ output, globals }: Session, options: Values, report: EvalReport): void {
  const format = options.format ?? (globals.output === 'table' ? 'pretty' : 'json');
  const { stdout, stderr } = reportText(format, report);
  const writeOut = options.format === undefined && globals.output === 'yaml' ? output.json : output.raw;
  if (stdout !== '') writeOut(stdout);
  if (stderr !== '') output.note(stderr);
}

function exitCode({ answers }: EvalReport, options: Values): ExitCode {
  if (options.fail && answers.length === 0) return EXIT.error;
  return options['fail-defined'] && answers.length > 0 ? EXIT.error : EXIT.ok;
}
