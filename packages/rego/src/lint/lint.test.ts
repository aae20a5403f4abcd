import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSources } from '../compile.ts';
import { lintModules } from './lint.ts';

/** `row rule` of each finding; the first rule stands in row 2. */
const lint = (...rules: readonly string[]): readonly string[] =>
  lintModules(parseSources([{ file: 'a.rego', text: `package a\n${rules.join('\n')}` }])).map(
    ({ rule, location }) => `${location.row} ${rule}`,
  );

describe('lintModules', () => {
  it('constant-condition', () => {
    assert.deepEqual(lint('p if { 1 == 1 }', 'q if { input.x; "text" }', 'r if { [1, 2] != [] }'), [
      '2 constant-condition',
      '3 constant-condition',
      '4 constant-condition',
    ]);
    assert.deepEqual(
      lint('p if true', 'q if { input.x == 1 }', 'r if { [input.x] == [1] }', 's if { x := 1; x == 1 }'),
      [],
    );
  });

  it('not-equals-in-loop', () => {
    assert.deepEqual(lint('p if { input.xs[_] != 1 }', 'q if { "a" != data.b[_].c }'), [
      '2 not-equals-in-loop',
      '3 not-equals-in-loop',
    ]);
    assert.deepEqual(
      lint('p if { input.xs[0] != 1 }', 'q if { some i; input.xs[i] != 1 }', 'r if { input.xs[_] == 1 }'),
      [],
    );
  });

  it('sprintf-arguments-mismatch', () => {
    assert.deepEqual(
      lint(
        'p := sprintf("%v and %v", [1])',
        'q := sprintf("none", [1])',
        'r if { x := sprintf("%*d", [1]); x }',
      ),
      ['2 sprintf-arguments-mismatch', '3 sprintf-arguments-mismatch', '4 sprintf-arguments-mismatch'],
    );
    assert.deepEqual(
      lint(
        'p := sprintf("%v %5.2f %d%%", [1, 2, 3])',
        'q := sprintf("%[1]v %[1]v", [1])',
        'r := sprintf("%v", input.xs)',
      ),
      [],
    );
  });

  it('unassigned-return-value', () => {
    assert.deepEqual(lint('p if { trim(input.x, " ") }', 'q if { count(input.xs) }'), [
      '2 unassigned-return-value',
      '3 unassigned-return-value',
    ]);
    assert.deepEqual(
      lint(
        'p if { startswith(input.x, "a") }',
        'q if { print(input.x) }',
        'r if { count(input.xs) > 1 }',
        's if { x := count(input.y); x > 1 }',
        't if { walk(input, [_, v]); v }',
      ),
      [],
    );
  });

  it('impossible-not', () => {
    assert.deepEqual(
      lint('deny contains "x" if input.x', 'allow if not deny', 'other if { not data.a.deny }'),
      ['3 impossible-not', '4 impossible-not'],
    );
    assert.deepEqual(
      lint('deny contains "x" if input.x', 'ok if input.y', 'allow if not ok', 'all if not deny["x"]'),
      [],
    );
  });

  it('rule-assigns-default', () => {
    assert.deepEqual(lint('default allow := false', 'allow := false if input.x'), ['3 rule-assigns-default']);
    assert.deepEqual(lint('default allow := false', 'allow := true if input.x', 'allow if input.y'), []);
  });

  it('duplicate-rule', () => {
    assert.deepEqual(lint('p if { input.x }', 'q := 1', 'p   if   { input.x }'), ['4 duplicate-rule']);
    assert.deepEqual(lint('p if { input.x }', 'p if { input.y }'), []);
  });
});
