import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import type { RegoProblem } from './error.ts';
import { RegoSourceError } from './error.ts';
import { parseModule, parseQuery } from './parse-module.ts';

const SHARED = process.env['WAYBILL_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const STATEMENTS = `${SHARED}/vectors/rego/parse/statements.json`;

interface Verdict {
  readonly ok: boolean;
  readonly error?: string;
  readonly row?: number;
  readonly col?: number;
}
interface Statement {
  readonly input: string;
  readonly module: Verdict;
  readonly module_v0: Verdict;
  readonly query: Verdict;
}

function problemsOf(parse: () => unknown): readonly RegoProblem[] {
  try {
    parse();
    return [];
  } catch (error) {
    if (error instanceof RegoSourceError) return error.problems;
    throw error;
  }
}

/** What is different from OPA's verdict. */
function differences(input: string, verdict: Verdict, parse: () => unknown): readonly string[] {
  const [problem] = problemsOf(parse);
  if (verdict.ok !== (problem === undefined)) return [`${JSON.stringify(input)}: ok should be ${verdict.ok}`];
  if (problem === undefined || verdict.row === undefined) return [];
  const { row, col } = problem.location;
  if (row === verdict.row && col === verdict.col && problem.message === verdict.error) return [];
  return [
    `${JSON.stringify(input)}: ${row}:${col} ${problem.message}, not ${verdict.row}:${verdict.col} ${verdict.error}`,
  ];
}

describe('the parser', () => {
  it('takes and refuses what OPA does, with its words at its places', {
    skip: !existsSync(STATEMENTS) && `${STATEMENTS} does not exist: set WAYBILL_SHARED`,
  }, () => {
    const statements = JSON.parse(readFileSync(STATEMENTS, 'utf8')) as readonly Statement[];
    const wrong = statements.flatMap(({ input, ...verdicts }) => [
      ...differences(input, verdicts.module, () => parseModule(`package test\n${input}`)),
      ...differences(input, verdicts.module_v0, () =>
        parseModule(`package test\n${input}`, { version: 'v0' }),
      ),
      ...differences(input, verdicts.query, () => parseQuery(input, { refuseRules: true })),
    ]);
    assert.deepEqual(wrong, []);
  });

  const deep: Readonly<Record<string, string>> = {
    brackets: '['.repeat(100_000),
    parentheses: '('.repeat(100_000),
    braces: '{'.repeat(100_000),
    calls: 'f('.repeat(100_000),
    operands: 'a['.repeat(100_000),
    negations: '-'.repeat(100_000),
    'comprehensions in comprehensions': '[x | y := '.repeat(200),
    'templates in templates': '$"{'.repeat(200),
    'bodies in groups': `1 if ${'({'.repeat(200)}`,
  };
  for (const [name, source] of Object.entries(deep)) {
    it(`refuses endless ${name} with a code`, () => {
      const source1 = `package a\nimport future.keywords\np := ${source}`;
      const [problem] = problemsOf(() => parseModule(source1));
      assert.equal(problem?.code, 'rego_parse_error');
    });
  }

  it('goes on behind what it cannot read where it is asked to', () => {
    const source =
      'package a\n\np := [1,\n\nq if {\n\tx :=\n}\n\nr := 1\n\nimport nothing\n\ns contains x if { y ]\n\nevery := 1\n';
    const problems = problemsOf(() => parseModule(source, { recover: true }));
    const rows = [...new Set(problems.map(({ location }) => location.row))];
    assert.deepEqual(rows, [5, 7, 11, 13, 15]);
  });

  it('ends where every line is a fault', () => {
    const problems = problemsOf(() => parseModule('p := [\n'.repeat(100_000), { recover: true }));
    assert.ok(problems.length >= 100 && problems.length < 1000);
  });

  it('tells of each statement up to the first that it cannot read', () => {
    const problems = problemsOf(() => parseModule('package a\nimport x\nimport y\np := 1\nq := [\n'));
    assert.deepEqual(
      problems.map(({ location }) => location.row),
      [2],
    );
  });

  it('throws nothing but its own error on mutated modules', () => {
    const source =
      'package a.b\nimport data.x as y\n# METADATA\np contains {"k": [v | some v in y]} if {\n\tnot input.a[_] == -1.5e3\n\tevery k, v in {1, 2} { k < v }\n\tz := $"{v}\\u00e9" with input.x as `r`\n} else := f(1)\n';
    const parts = [
      '"',
      '{',
      '}',
      '[',
      ')',
      '\\',
      '\n',
      '#',
      ':=',
      ' in ',
      '\u0000',
      '\ud800',
      '$"{',
      '`',
      ' not ',
      '|',
    ];
    for (let at = 0; at <= source.length; at++) {
      for (const part of parts) {
        problemsOf(() => parseModule(source.slice(0, at) + part + source.slice(at + 1)));
      }
    }
  });
});
