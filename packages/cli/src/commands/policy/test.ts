import { messageOf } from '@waybill/core';
import { Observer } from '@waybill/rego';
import { type CoverageReport, coverageReport } from '@waybill/rego/coverage';
import { type TestResult, type TestRule, TestSuite } from '@waybill/rego/testing';
import { defineCommand, type OptionSpecs, type OptionValues } from '../../command.ts';
import { cliError, EXIT, type ExitCode } from '../../exit.ts';
import { dataWriter, jsonLines, plainJson } from '../../policy/answers.ts';
import { durationOf } from '../../policy/duration.ts';
import { evaluateOptions } from '../../policy/evaluate-options.ts';
import { type Loaded, loadPaths } from '../../policy/load-paths.ts';
import { openProgram } from '../../policy/open-program.ts';
import { problemsOf, problemsText } from '../../policy/problems.ts';
import { IGNORE_OPTION, V0_OPTION, versionOf } from '../../policy/query-options.ts';
import { testsJson, testsText } from '../../policy/test-report.ts';
import type { Session } from '../../session.ts';

const OPTIONS = {
  run: { type: 'string', short: 'r', value: 'REGEX', summary: 'Only tests whose whole name matches' },
  verbose: { type: 'boolean', short: 'v', summary: 'Show tests that passed, too' },
  coverage: { type: 'boolean', short: 'c', summary: 'Report which lines were evaluated, as JSON' },
  threshold: { type: 'string', value: 'PERCENT', summary: 'Exit code 2 when fewer lines are covered' },
  format: {
    type: 'string',
    short: 'f',
    value: 'FORMAT',
    choices: ['pretty', 'json'],
    summary: 'pretty (default) or json',
  },
  timeout: { type: 'string', value: 'TIME', summary: 'Time for one test (default 5s)' },
  'exit-zero-on-skipped': { type: 'boolean', short: 'z', summary: 'Tests that are skipped are no failure' },
  'fail-on-empty': { type: 'boolean', summary: 'Exit code 1 when there was nothing to test' },
  ...IGNORE_OPTION,
  ...V0_OPTION,
} as const satisfies OptionSpecs;

type Values = OptionValues<typeof OPTIONS>;

/** As that of `opa test`. */
const FAILED = 2;

export const command = defineCommand({
  summary: 'Run the tests of policies, as opa test does; exit code 2 when one fails',
  arguments: [{ name: 'PATH', summary: 'Modules, documents, directories', required: true, multiple: true }],
  options: OPTIONS,
  examples: [
    'waybill policy test policies --verbose',
    'waybill policy test policies --run licences --coverage',
  ],
  run: async (session, { options, args }) => {
    try {
      return await run(session, args, options);
    } catch (error) {
      session.output.note(problemsText(problemsOf(error)));
      return EXIT.error;
    }
  },
});

async function run(session: Session, args: readonly string[], options: Values): Promise<ExitCode> {
  const version = versionOf(options);
  const deadlineMs = durationOf('--timeout', options.timeout ?? '5s');
  const isWanted = matcherOf(options.run);
  const threshold = thresholdOf(options.threshold);
  const loaded = await loadPaths(args, { cwd: session.cwd, version, ignore: options.ignore });
  const { modules, builtins } = await openProgram(loaded.sources);
  const withCoverage = options.coverage || threshold > 0;
  const suite = new TestSuite(modules, { builtins, observe: withCoverage, data: loaded.documents });
  const observer = new Observer();
  const tests = suite.tests.filter(isWanted);
  const results = tests.map((test) =>
    suite.run(test, {
      ...evaluateOptions(session, { input: undefined, data: loaded.documents, deadlineMs }),
      ...(withCoverage ? { observer } : {}),
    }),
  );
  const code = exitCode(results, options);
  if (withCoverage && code === EXIT.ok) {
    return reportCoverage(session, coverageOf(suite, loaded, observer), threshold);
  }
  const writeData = withCoverage ? undefined : dataWriter(session.output, options.format);
  if (writeData) writeData(jsonLines(testsJson(results)));
  else session.output.raw(testsText(results, options.verbose));
  return code;
}

function matcherOf(pattern: string | undefined): (test: TestRule) => boolean {
  if (pattern === undefined) return () => true;
  try {
    const regex = new RegExp(pattern, 'u');
    return (test) => regex.test(`${test.package}.${test.name}`);
  } catch (cause) {
    throw cliError('usage_invalid', `--run must be a regular expression: ${messageOf(cause)}`, { cause });
  }
}

function thresholdOf(text: string | undefined): number {
  const percent = Number(text ?? 0);
  if (text !== '' && percent >= 0 && percent <= 100) return percent;
  throw cliError('usage_invalid', `--threshold must be from 0 to 100, found ${JSON.stringify(text)}`);
}

function coverageOf(suite: TestSuite, { sources }: Loaded, observer: Observer): CoverageReport {
  const texts = new Map(sources.map(({ file, text }) => [file, text]));
  return coverageReport(
    suite.modules.map((module) => ({ module, text: texts.get(module.file) ?? '' })),
    observer,
  );
}

function reportCoverage({ output }: Session, report: CoverageReport, threshold: number): ExitCode {
  if (report.coverage < threshold) {
    const [got, wanted] = [report.coverage.toFixed(2), threshold.toFixed(2)];
    output.note(`Code coverage threshold not met: got ${got} instead of ${wanted}`);
    return FAILED;
  }
  output.json(jsonLines(plainJson(report)));
  return EXIT.ok;
}

function exitCode(results: readonly TestResult[], options: Values): ExitCode {
  if (results.length === 0 && options['fail-on-empty']) return EXIT.error;
  const failed = results.some(
    ({ outcome }) => outcome !== 'pass' && !(outcome === 'skipped' && options['exit-zero-on-skipped']),
  );
  return failed ? FAILED : EXIT.ok;
}
