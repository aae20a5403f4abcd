import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EvaluationError } from './evaluate/error.ts';
import { Observer } from './evaluate/observe.ts';
import type { EvaluateOptions, Policy } from './evaluate/policy.ts';
import { RegoSourceError } from './syntax/error.ts';
import { compile } from './standard.ts';
import { parseJson, toJson } from './values/json.ts';
import { RegoObject } from './values/value.ts';

function policyOf(text: string): Policy {
  return compile([{ file: 'p.rego', text: `package p\n\n${text}` }]);
}

function valueOf(text: string, options: EvaluateOptions = {}): string | undefined {
  const value = policyOf(text).evaluate('x := data.p.x', options).answers[0]?.get('x');
  return value === undefined ? undefined : toJson(value);
}

function codeOf(evaluate: () => unknown): string {
  try {
    evaluate();
  } catch (error) {
    if (error instanceof EvaluationError || error instanceof RegoSourceError) return error.code;
    throw error;
  }
  return 'none';
}

describe('compile', () => {
  it('refuses what the check refuses', () => {
    assert.throws(() => policyOf('x := y'), /p\.rego:3: rego_unsafe_var_error: var y is unsafe/);
    assert.throws(() => policyOf('x := nothing(1)'), /rego_type_error: undefined function nothing/);
  });

  it('takes paths with integers that no double holds', () => {
    const big = 2n ** 64n;
    const { answers } = compile([
      {
        file: 'a',
        text: `package t\np[${big}] := "p"\nq if input[${big}] == 1\nq if input[${big}] == 2\nq if input[1e400] == 3`,
      },
      { file: 'b', text: 'package t.r' },
    ]).evaluate('x := data.t', { input: RegoObject.of([[big, 2]]) });
    assert.equal(toJson(answers[0]?.get('x') ?? null), `{"p":{"${big}":"p"},"q":true,"r":{}}`);
  });

  it('knows nothing of what is below a name that no rule has', () => {
    compile([{ file: 'a', text: 'package t\np.x[1].q := 1\nf(x) if { data.base.list[0][x]; x[0].y }' }]);
  });

  it('refuses queries that call what is not there', () => {
    const policy = policyOf('f(y) := y');
    assert.throws(() => policy.prepare('nothing(1)'), /rego_type_error: undefined function nothing/);
    assert.throws(() => policy.prepare('data.p.g(1)'), /rego_type_error: undefined function data.p.g/);
    assert.equal(policy.evaluate('x := data.p.f(1)').answers[0]?.get('x'), 1);
  });
});

describe('evaluate', () => {
  it('is bounded by steps, in rules and built-ins alike', () => {
    const loops = 'x := count([1 | some i in input; some j in input; i == j])';
    const input = parseJson(JSON.stringify(Array.from({ length: 1000 }, (_, i) => i)));
    assert.equal(
      codeOf(() => valueOf(loops, { input, maxSteps: 10_000 })),
      'eval_steps_error',
    );
    assert.equal(
      codeOf(() => valueOf('x := count(numbers.range(1, 1000000000000))', { maxSteps: 100_000 })),
      'eval_steps_error',
    );
  });

  it('ends at its deadline', () => {
    const input = parseJson(JSON.stringify(Array.from({ length: 3000 }, (_, i) => i)));
    const loops = 'x := count([1 | some i in input; some j in input; some k in input; i + j == k])';
    let now = 0;
    const clock = (): number => now++;
    assert.equal(
      codeOf(() => valueOf(loops, { input, clock, deadlineMs: 50 })),
      'eval_cancel_error',
    );
  });

  it('survives documents that are nested deeper than the stack', () => {
    const deep = parseJson(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    for (const rule of ['x := input == [input]', 'x := {input}']) {
      assert.equal(
        codeOf(() => valueOf(rule, { input: deep })),
        'eval_depth_error',
        rule,
      );
    }
  });

  it('takes names of JavaScript’s own objects for what they are: keys', () => {
    const input = parseJson('{"__proto__": {"a": 1}, "constructor": 2}');
    assert.equal(
      valueOf('x := [input.__proto__.a, input.constructor, object.get(input, "toString", 3)]', { input }),
      '[1,2,3]',
    );
  });

  it('gives the same bytes for the same input and seed', () => {
    const rules = 'x := [rand.intn(sprintf("%d", [i]), 1000) | some i in numbers.range(1, 5)]';
    assert.equal(valueOf(rules, { seed: 7 }), valueOf(rules, { seed: 7 }));
  });

  it('walks given data by the texts of a path, as OPA’s store, and computed values by their keys alone', () => {
    const data = parseJson('{"list":[10,[20,21]],"map":{"1":{"2":"x"}}}');
    const found = (query: string): number => compile([]).evaluate(query, { data }).answers.length;
    for (const query of [
      'data.list["+1"]["0"]',
      'data.map[_][2]',
      'k := "1"; data.list[k][_] == 21',
      'data.list[_]["0"]',
    ]) {
      assert.equal(found(query), 1, query);
    }
    for (const query of [
      'x := data.list; x["1"]',
      'data.map[1.0]',
      'data.list["1_0"]',
      'data.list["1"] with data.list as [1, [2]]',
      'data.map[1] with data.map as {"1": 2}',
    ]) {
      assert.equal(found(query), 0, query);
    }
  });

  it('names the built-in that the host must give', () => {
    const rules = 'x := http.send({"method": "get", "url": "https://example.com"})';
    assert.match(String(policyOf(rules).evaluate('x := data.p.x').failures[0]?.message), /http\.send: /);
    assert.equal(valueOf(rules, { hostFunctions: new Map([['http.send', () => 'sent']]) }), '"sent"');
  });

  it('reads and writes JSON text without loss, within bounds', () => {
    const query = policyOf('x := input.a').prepare('x := data.p.x');
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    assert.equal(query.evaluateText(bytes('{"a":[1.0,1e400]}')), '[{"x":[1.0,1e400]}]');
    assert.equal(query.evaluateText(bytes('{}')), '[]');
    assert.equal(
      codeOf(() => query.evaluateText(bytes('{"a":'))),
      'eval_input_error',
    );
    assert.equal(
      codeOf(() => query.evaluateText(Uint8Array.of(0xff))),
      'eval_input_error',
    );
    assert.equal(
      codeOf(() => query.evaluateText(bytes('{}'), { maxInputBytes: 1 })),
      'eval_input_error',
    );
    assert.equal(
      codeOf(() => query.evaluateText(bytes('{"a":"long"}'), { maxResultBytes: 9 })),
      'eval_result_error',
    );
    const deep = bytes(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
    assert.equal(
      codeOf(() => query.evaluateText(deep)),
      'eval_depth_error',
    );
  });

  it('prints each choice of values, and undefined ones as such', () => {
    const lines: string[] = [];
    valueOf('x if { some i in [1, 2]; print("at", i, input.missing) }', {
      print: (line) => lines.push(line),
    });
    assert.deepEqual(lines, ['at 1 <undefined>']);
  });

  it('keeps what `with` replaces to its own expression', () => {
    const rules = 'y := input.a\n\nx := [a, b, c] if {\n\ta := y\n\tb := y with input.a as 2\n\tc := y\n}';
    assert.equal(valueOf(rules, { input: parseJson('{"a":1}') }), '[1,2,1]');
  });
});

describe('Observer', () => {
  const text = 'package p\n\nallow if {\n\tsome role in input.roles\n\trole == "admin"\n\tinput.mfa\n}\n';
  const policy = compile([{ file: 'p.rego', text }], { observe: true });

  it('names the expression that never held, with its values', () => {
    const observer = new Observer();
    policy.evaluate('data.p.allow', { input: parseJson('{"roles":["dev","ops"]}'), observer });
    const failures = observer.failures.filter(({ location }) => location.file === 'p.rego');
    assert.deepEqual(
      failures.map(({ location, tried, values }) => [location.row, tried, toJson(values)]),
      [[5, 2, '{"role":"ops"}']],
    );
  });

  it('hears of each step, and how deep it is in rules', () => {
    const steps: string[] = [];
    const observer = new Observer(({ type, location, depth }) =>
      steps.push(`${depth} ${type} ${location.row}`),
    );
    policy.evaluate('data.p.allow', { input: parseJson('{"roles":["admin"],"mfa":true}'), observer });
    assert.deepEqual(steps, ['0 eval 1', '0 enter 3', '1 eval 4', '1 eval 5', '1 eval 6', '0 exit 3']);
  });
});
