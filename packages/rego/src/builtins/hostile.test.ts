/** Arguments that would hang, exhaust or confuse: each call ends soon, with a value or an error that has a code. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compile, EvaluationError, toJson, type Value } from '../index.ts';
import { ALL_BUILTINS } from '../test-builtins.ts';
import { RegoArray } from '../values/value.ts';

const POLICY = compile([], { builtins: ALL_BUILTINS });

/** The value as JSON, `undefined`, or the code of the error. */
function outcome(expression: string, ...input: readonly Value[]): string {
  const started = performance.now();
  try {
    const { answers, failures } = POLICY.evaluate(`x := ${expression}`, {
      input: new RegoArray(input),
      maxSteps: 1_000_000,
      deadlineMs: 10_000,
    });
    const [answer] = answers;
    if (answer !== undefined) return toJson(answer.get('x') ?? null);
    return failures.length > 0 ? 'failed' : 'undefined';
  } catch (error) {
    if (error instanceof EvaluationError) return error.code;
    throw error;
  } finally {
    assert.ok(performance.now() - started < 5000, `${expression} took too long`);
  }
}

const DEEP = 30_000;

describe('hostile arguments', () => {
  it('stop at the limit of steps', () => {
    for (const expression of [
      'numbers.range(1, 1000000000000)',
      'count(numbers.range_step(1, 1000000000000, 1))',
      'strings.render_template("{{range .n}}{{range $.n}}{{range $.n}}{{range $.n}}x{{end}}{{end}}{{end}}{{end}}", {"n": input})',
    ]) {
      assert.match(outcome(expression, ...Array.from({ length: 100 }, () => 1)), /steps|limit/, expression);
    }
  });

  it('refuse patterns and layouts that nobody writes', () => {
    for (const part of ['{{.a}}', '{a}', 'a?', '? ']) {
      const found = outcome('glob.match(input[0], [], "a")', part.repeat(2_000_000 / part.length));
      assert.match(found, /^(failed|.*steps.*|.*limit.*)$/, part);
    }
    const layout = 'é'.repeat(100_000);
    assert.equal(outcome('time.parse_ns(input[0], "a")', layout), 'failed');
    assert.equal(outcome('time.format([1, "UTC", input[0]])', layout), 'failed');
  });

  it('take expressions of exponential cost in linear time', () => {
    const text = `${'a'.repeat(5000)}!`;
    assert.equal(outcome('regex.match(`^(a+)+$`, input[0])', text), 'false');
    assert.equal(outcome('regex.match(`^(a|a?)+$`, input[0])', text), 'false');
    assert.equal(outcome('regex.match(input[0], "a")', '(a|b)'.repeat(20_000)), 'failed');
    assert.equal(outcome('glob.match("*a*a*a*a*a*a*a*a*b", [], input[0])', text.slice(0, 300)), 'false');
    assert.equal(
      outcome('json.match_schema(input[0], {"pattern": "^(a+)+$"})[0]', JSON.stringify(text)),
      'false',
    );
    for (const format of ['email', 'hostname', 'uri-template', 'json-pointer', 'uuid', 'date-time']) {
      for (const part of ['a', '{', '.', '/', '~', '"', '<', '1', ' ']) {
        const found = outcome(
          `json.match_schema(input[0], {"format": "${format}"})[0]`,
          JSON.stringify(`${part.repeat(3000)}!`),
        );
        assert.match(found, /^(?:true|false)$/, `${format} ${part}`);
      }
    }
  });

  it('read long texts part by part, each once', () => {
    const header = '-----BEGIN CERTIFICATE-----\n';
    assert.equal(outcome('crypto.x509.parse_certificates(input[0])', header.repeat(200_000)), '[]');
    const empty = `${header}-----END CERTIFICATE-----\n`;
    assert.equal(outcome('crypto.x509.parse_certificates(input[0])', empty.repeat(100_000)), '[]');
    const query = 'graphql.parse_query(input[0]).Operations[0].SelectionSet[0].Arguments[0].Value.Raw';
    assert.equal(outcome(query, `{a(b:"""${'\n'.repeat(2_000_000)}""")}`), '""');
    assert.equal(outcome(query, '{a(b:"""\n  x\n   y\\"""\n """)}'), String.raw`"x\n y\"\"\""`);
    assert.equal(outcome('graphql.parse_query(input[0])', `{${'a '.repeat(1_000_000)}`), 'eval_steps_error');
  });

  it('take names of JavaScript’s own objects for keys', () => {
    const json = '{"__proto__":{"polluted":true},"constructor":1}';
    assert.equal(outcome('json.unmarshal(input[0])', json), json);
    assert.equal(outcome('yaml.unmarshal(input[0])', json), json);
    assert.equal(
      outcome('object.union(json.unmarshal(input[0]), {"toString": 1}).__proto__.polluted', json),
      'true',
    );
    assert.equal(outcome('object.get({}, "__proto__", "none")'), '"none"');
    assert.equal(outcome('object.get({}, "constructor", "none")'), '"none"');
    assert.equal(
      outcome('json.patch({}, [{"op": "add", "path": "/__proto__", "value": 1}])'),
      '{"__proto__":1}',
    );
    assert.equal(outcome('json.match_schema({}, {"required": ["__proto__"]})[0]'), 'false');
    assert.equal(outcome('strings.render_template("{{.constructor}}", {})'), '"<undefined>"');
    assert.equal(outcome('urlquery.decode_object("__proto__=1")'), '{"__proto__":["1"]}');
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });

  it('refuse what refers to itself', () => {
    assert.equal(outcome('yaml.unmarshal("a: &a [*a]")'), 'failed');
    assert.equal(outcome('yaml.unmarshal(input[0])', '- a\n'.repeat(2 ** 18 + 1)), 'failed');
    const laughs = Array.from({ length: 20 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join('\n');
    assert.match(outcome('count(yaml.unmarshal(input[0]))', `a0: &a0 [x]\n${laughs}`), /failed|eval_/);
    assert.equal(
      outcome(
        'strings.render_template(input[0], {})',
        '{{define "t"}}{{template "t"}}{{end}}{{template "t"}}',
      ),
      'failed',
    );
    assert.match(outcome('json.match_schema({}, {"$ref": "#"})'), /failed|eval_/);
    assert.equal(outcome('json.match_schema({}, {"$ref": "http://example.com/schema"})'), 'failed');
  });

  it('are nested as deep as they like', () => {
    const brackets = '['.repeat(DEEP) + ']'.repeat(DEEP);
    for (const [expression, text] of [
      ['json.unmarshal(input[0])', brackets],
      ['json.is_valid(input[0])', brackets],
      ['yaml.unmarshal(input[0])', brackets],
      ['json.verify_schema(input[0])', brackets],
      ['json.verify_schema(input[0])', `${'{"not":'.repeat(5000)}{}${'}'.repeat(5000)}`],
      ['graphql.is_valid(input[0], "type Query { a: Int }")', '{a'.repeat(DEEP) + '}'.repeat(DEEP)],
      ['graphql.schema_is_valid(input[0])', `type Query { a: ${'['.repeat(DEEP)}Int${']'.repeat(DEEP)} }`],
      ['rego.parse_module("a", input[0])', `package a\nb := ${brackets}`],
      ['strings.render_template(input[0], {})', '{{if 1}}'.repeat(DEEP) + '{{end}}'.repeat(DEEP)],
      ['strings.render_template(input[0], {})', `{{${'('.repeat(DEEP)}1${')'.repeat(DEEP)}}}`],
      ['glob.match(input[0], [], "a")', '{'.repeat(DEEP) + '}'.repeat(DEEP)],
      ['regex.match(input[0], "a")', '('.repeat(DEEP) + ')'.repeat(DEEP)],
      [
        'crypto.x509.parse_certificates(input[0])',
        Buffer.from('3080'.repeat(5000), 'hex').toString('base64'),
      ],
    ] as const) {
      assert.match(
        outcome(expression, text),
        /^(?:failed|undefined|true|false|eval_\w+|\[false,.*\])$/s,
        expression,
      );
    }
  });

  it('ask for no more text than there may be', () => {
    for (const expression of [
      'sprintf("%1000000000d", [1])',
      'sprintf("%.1000000000f", [1.5])',
      'sprintf("%*d", [1000000000, 1])',
      'format_int(1e20000, 2)',
      'bits.lsh(1, 100000000000)',
      '1e20000 * 1e20000',
      'units.parse("1e20000K")',
      'time.parse_duration_ns("999999999999999999999h")',
      'time.date(1e30)',
    ]) {
      assert.ok(outcome(expression).length < 100_000, expression);
    }
  });

  it('are not quoted whole', () => {
    const long = 'a'.repeat(100_000);
    const [failure] = POLICY.evaluate('net.cidr_contains(input, "10.0.0.1")', { input: long }).failures;
    assert.match(failure?.message ?? '', /^net\.cidr_contains: .{7000,8000}…$/);
    assert.throws(
      () =>
        POLICY.evaluate('net.cidr_contains(input, "10.0.0.1")', { input: long, strictBuiltinErrors: true }),
      (error) => error instanceof EvaluationError && error.message.length < 9000,
    );
  });
});
