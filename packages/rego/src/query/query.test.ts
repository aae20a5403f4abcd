import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSources } from '../compile.ts';
import { RegoSourceError } from '../syntax/error.ts';
import { parseJson, toJson } from '../values/json.ts';
import { ModuleQuery } from './query.ts';

const MODULE = `package a
default allow := false
allow if input.user == "bob"
deny contains msg if { some x in input.xs; x > 1; msg := sprintf("x %v", [x]) }
f(x) := x + 1`;
const MODULES = parseSources([{ file: 'a.rego', text: MODULE }]);
const INPUT = parseJson('{"user":"bob","xs":[1,2,3]}');

/** Each answer as `value <text>…` and its bindings. */
function ask(query: string, modules = MODULES): readonly string[] {
  const { answers } = new ModuleQuery(modules, query).evaluate({
    input: INPUT,
  });
  return answers.map(({ expressions, bindings }) =>
    [
      ...expressions.map(({ value, text, location }) => `${toJson(value)} <${text}>${location.col}`),
      ...[...bindings].map(([name, value]) => `${name}=${toJson(value)}`),
    ].join(' '),
  );
}

const codesOf = (query: string, strict = false): readonly string[] => {
  try {
    new ModuleQuery(MODULES, query, { strict });
    return [];
  } catch (error) {
    assert.ok(error instanceof RegoSourceError);
    return error.problems.map(({ code, message }) => `${code}: ${message}`);
  }
};

describe('ModuleQuery', () => {
  it('gives the value of an expression, which may be false where it stands alone', () => {
    assert.deepEqual(ask('data.a.allow'), ['true <data.a.allow>1']);
    assert.deepEqual(ask('1 == 2'), ['false <1 == 2>1']);
    assert.deepEqual(ask('data.a.allow; 1 == 2'), []);
    assert.deepEqual(ask('data.none'), []);
    assert.deepEqual(ask('data.a.f(2)'), ['3 <data.a.f(2)>1']);
  });

  it('gives an answer for each way in which it holds', () => {
    assert.deepEqual(ask('input.xs[i] > 1'), ['true <input.xs[i] > 1>1 i=1', 'true <input.xs[i] > 1>1 i=2']);
    assert.deepEqual(ask('data.a.deny[x]'), [
      '"x 2" <data.a.deny[x]>1 x="x 2"',
      '"x 3" <data.a.deny[x]>1 x="x 3"',
    ]);
  });

  it('takes what binds its own result for true', () => {
    assert.deepEqual(ask('plus(1, 2, x)'), ['true <plus(1, 2, x)>1 x=3']);
    assert.deepEqual(ask('data.a.f(2, x)'), ['true <data.a.f(2, x)>1 x=3']);
    assert.deepEqual(ask('x := 1'), ['true <x := 1>1 x=1']);
    assert.deepEqual(ask('not data.a.allow'), []);
  });

  it('takes null for a value, and a declaration for no expression', () => {
    assert.deepEqual(ask('null'), ['null <null>1']);
    assert.deepEqual(ask('null; input.user'), ['null <null>1 "bob" <input.user>7']);
    assert.deepEqual(ask('some i; input.xs[i] == 2'), ['true <input.xs[i] == 2>9 i=1']);
  });

  it('tells expressions in the order in which they are evaluated', () => {
    assert.deepEqual(ask('x > 1; x = 2'), ['true <x = 2>8 true <x > 1>1 x=2']);
  });

  it('asks of all documents, and is none of them itself', () => {
    assert.deepEqual(ask('data'), ['{"a":{"allow":true,"deny":["x 2","x 3"]}} <data>1']);
    assert.deepEqual(
      ask('data[p]').map((answer) => /p=.*/.exec(answer)?.[0]),
      ['p="a"'],
    );
    assert.deepEqual(ask('data', []), ['{} <data>1']);
  });

  it('is checked like a rule', () => {
    assert.deepEqual(codesOf('x > y'), [
      'rego_unsafe_var_error: var x is unsafe',
      'rego_unsafe_var_error: var y is unsafe',
    ]);
    assert.deepEqual(codesOf('foo(1)'), ['rego_type_error: undefined function foo']);
    assert.deepEqual(codesOf('1 + "a"'), ['rego_type_error: plus: invalid argument(s)']);
    assert.deepEqual(codesOf(''), ['rego_parse_error: empty query']);
    assert.deepEqual(codesOf('x := 1', true), []);
  });
});
