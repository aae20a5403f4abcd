/** Results of tests as `opa test` tells them. */
import { EvaluationError } from '@waybill/rego';
import type { TestCases, TestResult } from '@waybill/rego/testing';
import { plainJson } from './answers.ts';
import { goDuration } from './duration.ts';

const LINE = '-'.repeat(80);
const WORDS = { pass: 'PASS', fail: 'FAIL', skipped: 'SKIPPED', error: 'ERROR' } as const;

/** Those that did not pass, or with `verbose` all; then how many there were. */
export function testsText(results: readonly TestResult[], verbose: boolean): string {
  const shown = results.filter(({ outcome }) => verbose || outcome !== 'pass');
  const parts = shown.map((result, index) => {
    const { file, row } = result.test.rule.location;
    const before = shown[index - 1]?.test.rule.location.file ?? file;
    return `${before === file ? '' : '\n'}${file}:${row}:\n${resultText(result, verbose)}`;
  });
  return [...parts, ...(shown.length > 0 ? [`${LINE}\n`] : []), summaryText(results)].join('');
}

function resultText(result: TestResult, verbose: boolean): string {
  const { test, outcome, durationNs, cases, output, error } = result;
  const took = outcome === 'skipped' ? '' : ` (${goDuration(durationNs)})`;
  const printed = output.length === 0 ? '' : `\n${indented(output)}\n`;
  return [
    `${test.package}.${test.name}: ${WORDS[outcome]}${took}\n`,
    indented(casesLines(cases, verbose)),
    printed,
    error === undefined ? '' : indented([error.message]),
  ].join('');
}

function indented(lines: readonly string[]): string {
  return lines
    .flatMap((text) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}\n`),
    )
    .join('');
}

function casesLines(cases: TestCases, verbose: boolean): readonly string[] {
  return [...cases]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, { isFailed, cases: inner }]) => [
      ...(isFailed || verbose ? [`${name}: ${isFailed ? 'FAIL' : 'PASS'}`] : []),
      ...casesLines(inner, verbose).map((line) => `  ${line}`),
    ]);
}

/** Of a test with cases each of them counts. */
function summaryText(results: readonly TestResult[]): string {
  const outcomes = results.flatMap(({ outcome, cases }): readonly TestResult['outcome'][] =>
    cases.size > 0 && outcome !== 'error' ? leaves(cases) : [outcome],
  );
  return (['pass', 'fail', 'skipped', 'error'] as const)
    .map((outcome) => ({ outcome, count: outcomes.filter((one) => one === outcome).length }))
    .filter(({ count }) => count > 0)
    .map(({ outcome, count }) => `${WORDS[outcome]}: ${count}/${outcomes.length}\n`)
    .join('');
}

function leaves(cases: TestCases): readonly ('pass' | 'fail')[] {
  return [...cases.values()].flatMap(({ isFailed, cases: inner }) =>
    inner.size > 0 ? leaves(inner) : [isFailed ? 'fail' : 'pass'],
  );
}

export function testsJson(results: readonly TestResult[]): string {
  return plainJson(results.map(resultMembers));
}

function resultMembers({ test, outcome, error, durationNs, output, cases }: TestResult): unknown {
  const { file, row, col } = test.rule.location;
  return {
    location: { file, row, col },
    package: test.package,
    name: test.name,
    ...(error === undefined ? {} : { error: errorMembers(error) }),
    ...(outcome === 'fail' ? { fail: true } : {}),
    ...(outcome === 'skipped' ? { skip: true } : {}),
    duration: durationNs,
    ...(output.length === 0 ? {} : { output: Buffer.from(`${output.join('\n')}\n`).toString('base64') }),
    ...caseMembers(cases),
  };
}

function errorMembers({ code, reason, location }: EvaluationError): unknown {
  if (location === undefined) return { code, message: reason };
  const { file, row, col } = location;
  return { code, message: reason, location: { file, row, col } };
}

function caseMembers(cases: TestCases): object {
  if (cases.size === 0) return {};
  const members = [...cases].map(([name, { isFailed, cases: inner }]) => [
    name,
    { name, ...(isFailed ? { fail: true } : {}), ...caseMembers(inner) },
  ]);
  return { sub_results: Object.fromEntries(members) };
}
