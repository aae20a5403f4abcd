/** Runs test rules, as `opa test` does. */
import { type BuiltinGroup, functions } from '../builtins/builtin.ts';
import { CORE_BUILTINS } from '../builtins/index.ts';
import { compileModules, type PolicyOptions } from '../compile.ts';
import { EvaluationError } from '../evaluate/error.ts';
import type { Observer } from '../evaluate/observe.ts';
import type { EvaluateOptions, Policy } from '../evaluate/policy.ts';
import type { Module } from '../syntax/ast.ts';
import { jsonKey } from '../values/json.ts';
import { RegoArray, RegoObject, type Value } from '../values/value.ts';
import { findTests, TEST_CASE, type TestRule } from './find-tests.ts';

export type { TestRule };

export interface TestResult {
  readonly test: TestRule;
  readonly outcome: 'pass' | 'fail' | 'skipped' | 'error';
  readonly error: EvaluationError | undefined;
  /** By name; of a test without cases none. */
  readonly cases: TestCases;
  readonly durationNs: number;
  /** What it printed, in lines. */
  readonly output: readonly string[];
}

export type TestCases = ReadonlyMap<string, TestCase>;

export interface TestCase {
  readonly isFailed: boolean;
  readonly cases: TestCases;
}

export interface RunOptions extends Pick<EvaluateOptions, 'data' | 'deadlineMs' | 'nowNs' | 'seed'> {
  readonly observer?: Observer;
}

const NO_CASES: TestCases = new Map();
const NS_PER_MS = 1_000_000;

/** The tests in a set of modules. */
export class TestSuite {
  readonly tests: readonly TestRule[];
  /** The modules as they are evaluated. */
  readonly modules: readonly Module[];
  private readonly policy: Policy;
  private reached: RegoArray[] = [];

  /** Throws RegoSourceError with what `opa check` would report. */
  constructor(modules: readonly Module[], options: PolicyOptions = {}) {
    const found = findTests(modules);
    const builtins = [CORE_BUILTINS, ...(options.builtins ?? []), this.caseBuiltins()];
    this.tests = found.tests;
    this.modules = found.modules;
    this.policy = compileModules(found.modules, { ...options, builtins });
  }

  run(test: TestRule, options: RunOptions): TestResult {
    const result = { test, error: undefined, cases: NO_CASES, durationNs: 0, output: [] };
    if (test.isSkipped) return { ...result, outcome: 'skipped' };
    const output: string[] = [];
    const path = test.path.map((name) => `[${JSON.stringify(name)}]`).join('');
    const query = this.policy.prepare(`value := data${path}`);
    this.reached = [];
    const start = performance.now();
    try {
      const { answers } = query.evaluate({ ...options, print: (text) => output.push(text) });
      const durationNs = elapsedNs(start);
      const value = answers[0]?.get('value');
      const cases = test.hasCases ? casesOf(value, this.reached) : NO_CASES;
      const passes = value !== undefined && (test.hasCases ? !hasFailure(cases) : value === true);
      return { ...result, outcome: passes ? 'pass' : 'fail', cases, durationNs, output };
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      return { ...result, outcome: 'error', error, durationNs: elapsedNs(start), output };
    }
  }

  private caseBuiltins(): BuiltinGroup {
    return functions({
      [TEST_CASE]: (_context, keys) => {
        if (keys instanceof RegoArray) this.reached.push(keys);
        return true;
      },
    });
  }
}

function elapsedNs(start: number): number {
  return Math.round((performance.now() - start) * NS_PER_MS);
}

/** Those with a value, and those that were come to and got none: these have failed. */
function casesOf(value: Value | undefined, reached: readonly RegoArray[]): TestCases {
  const known = value instanceof RegoObject ? resultCases(value) : NO_CASES;
  return reached.reduce<TestCases>((cases, keys) => withCase(cases, keys.items.map(jsonKey)), known);
}

function resultCases(value: RegoObject): TestCases {
  return new Map(
    value.entries().map(([key, result]): readonly [string, TestCase] => {
      const cases = result instanceof RegoObject ? resultCases(result) : NO_CASES;
      const isFailed = result instanceof RegoObject ? hasFailure(cases) : result !== true;
      return [jsonKey(key), { isFailed, cases }];
    }),
  );
}

function withCase(cases: TestCases, [name, ...rest]: readonly string[]): TestCases {
  if (name === undefined) return cases;
  const known = cases.get(name) ?? { isFailed: true, cases: NO_CASES };
  const inner = withCase(known.cases, rest);
  return new Map([...cases, [name, { isFailed: known.isFailed || hasFailure(inner), cases: inner }]]);
}

function hasFailure(cases: TestCases): boolean {
  return [...cases.values()].some(({ isFailed }) => isFailed);
}
