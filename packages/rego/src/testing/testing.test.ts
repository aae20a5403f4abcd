import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSources } from '../compile.ts';
import { type TestCases, TestSuite } from './run-tests.ts';

/** Each test's name and outcome, and its cases as `name`, or `name!` where they failed. */
function run(rules: string): readonly string[] {
  const suite = new TestSuite(parseSources([{ file: 't.rego', text: `package t\n${rules}` }]));
  return suite.tests.map((test) => {
    const { outcome, cases, output } = suite.run(test, {});
    return [`${test.name} ${outcome}`, ...caseNames(cases), ...output].join(' ');
  });
}

function caseNames(cases: TestCases): readonly string[] {
  return [...cases].flatMap(([name, { isFailed, cases: inner }]) => [
    `${name}${isFailed ? '!' : ''}`,
    ...caseNames(inner).map((below) => `${name}/${below}`),
  ]);
}

describe('TestSuite', () => {
  it('passes what is true, fails what is false, undefined or anything else', () => {
    assert.deepEqual(run('test_a if true\ntest_b if false\ntest_c := false\ntest_d := 1\nother := true'), [
      'test_a pass',
      'test_b fail',
      'test_c fail',
      'test_d fail',
    ]);
  });

  it('skips what is to be done, and tells errors', () => {
    const rules = 'todo_test_a if false\nf(x) := 1 if x\nf(x) := 2 if x\ntest_b if f(true)';
    assert.deepEqual(run(rules), ['todo_test_a skipped', 'test_b error']);
  });

  it('takes rules of one name for tests of their own', () => {
    assert.deepEqual(run('test_a if true\ntest_a if false\ntest_a := true if false else := true'), [
      'test_a pass',
      'test_a#01 fail',
      'test_a#02 pass',
    ]);
  });

  it('finds the name anywhere in the head', () => {
    assert.deepEqual(run('a.test_b if true\na["test_c d"] if true'), ['a.test_b pass', 'a["test_c d"] pass']);
  });

  it('tells cases, also those that came to nothing', () => {
    const table = 'some tc in [{"note": "one", "v": 1}, {"note": "two", "v": 2}]';
    assert.deepEqual(run(`test_a[tc.note] if { ${table}; tc.v == 1 }`), ['test_a fail one two!']);
    assert.deepEqual(run(`test_a[tc.note] if { ${table}; tc.v > 0 }`), ['test_a pass one two']);
    assert.deepEqual(run('test_a[p][q] if { some p in ["x", "y"]; some q in ["z"]; p == "x" }'), [
      'test_a fail x x/z y! y/z!',
    ]);
  });

  it('keeps what tests print', () => {
    assert.deepEqual(run('test_a if { print("seen", 1) }'), ['test_a pass seen 1']);
  });
});
