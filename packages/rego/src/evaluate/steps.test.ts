/** Work that no loop of a policy shows counts as steps too. The clock stands still: nothing else ends these. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compile, EvaluationError, parseJson, RegoArray, RegoObject, toJson, type Value } from '../index.ts';
import { ALL_BUILTINS } from '../test-builtins.ts';

const POLICY = compile([], { builtins: ALL_BUILTINS });

/** What ends the expression within so many steps; `undefined` where it has a value. */
function ended(expression: string, maxSteps: number, ...input: readonly Value[]): string | undefined {
  try {
    POLICY.evaluate(`x := ${expression}`, { input: new RegoArray(input), maxSteps, clock: () => 0 });
    return undefined;
  } catch (error) {
    if (error instanceof EvaluationError) return error.code;
    throw error;
  }
}

const numbers = (count: number, last = ''): Value =>
  parseJson(`[${Array.from({ length: count }, (_, at) => at).join()}${last}]`);
const object = (count: number): Value =>
  parseJson(`{${Array.from({ length: count }, (_, at) => `"k${at}":${at}`).join()}}`);

/** 2⁴⁰ leaves, and 40 arrays. */
function doubled(): Value {
  let value: Value = new RegoArray(['x']);
  for (let depth = 0; depth < 40; depth++) value = new RegoArray([value, value]);
  return value;
}

function doubledObject(): Value {
  let value: Value = RegoObject.of([['x', 1]]);
  for (let depth = 0; depth < 40; depth++)
    value = RegoObject.of([
      ['a', value],
      ['b', value],
    ]);
  return value;
}

describe('steps', () => {
  it('count members that are compared', () => {
    for (const operator of ['==', '<', '=']) {
      const expression = `[1 | some i in numbers.range(1, 10); input[0] ${operator} input[1]]`;
      assert.equal(ended(expression, 50_000, numbers(10_000), numbers(10_000)), 'eval_steps_error', operator);
      assert.equal(ended(expression, 500_000, numbers(10_000), numbers(10_000)), undefined, operator);
    }
    const objects = '[1 | some i in numbers.range(1, 10); input[0] == input[1]]';
    assert.equal(ended(objects, 50_000, object(10_000), object(10_000)), 'eval_steps_error');
    assert.equal(
      ended('[1 | some i in numbers.range(1, 10); cast_set(input[0]) - {1}]', 150_000, numbers(10_000)),
      'eval_steps_error',
    );
    const rows = parseJson(
      `[${Array.from({ length: 500 }, (_, at) => `[${'7,'.repeat(500)}${(at * 7) % 500}]`).join()}]`,
    );
    assert.equal(ended('sort(input[0])', 100_000, rows), 'eval_steps_error');
  });

  it('count texts that are compared, hashed and handed to built-ins', () => {
    const text = 'a'.repeat(2 ** 20);
    for (const expression of [
      '[1 | some i in numbers.range(1, 10); input[0] < input[1]]',
      '{[i, input[0]] | some i in numbers.range(1, 10)}',
      '[1 | some i in numbers.range(1, 10); startswith(input[0], input[0])]',
      '[1 | some i in numbers.range(1, 10); count(input[0]) == 0]',
      '[1 | some i in numbers.range(1, 10); semver.is_valid(input[0])]',
      '[1 | some i in numbers.range(1, 10); uuid.parse(input[0])]',
      'strings.replace_n({"ab": "", "ac": "", "ad": "", "ae": ""}, input[0])',
    ]) {
      assert.equal(ended(expression, 20_000, text, `${text}b`), 'eval_steps_error', expression);
    }
  });

  it('count each way to what a document holds twice', () => {
    const [a, b] = [doubled(), doubled()];
    for (const expression of [
      'input[0] == input[1]',
      'input[0] < input[1]',
      'sort([input[0], input[1]])',
      'count({p | walk(input[0], p)})',
      'strings.render_template("{{.a}}", {"a": input[0]})',
    ]) {
      assert.equal(ended(expression, 200_000, a, b), 'eval_steps_error', expression);
    }
    assert.equal(
      ended('object.union(input[0], input[1])', 200_000, doubledObject(), doubledObject()),
      'eval_steps_error',
    );
  });

  it('count digits', () => {
    const [a, b] = [parseJson(`1${'7'.repeat(29_000)}`), parseJson(`3${'1'.repeat(15_000)}`)];
    for (const expression of [
      'input[0] * input[1]',
      'input[0] % input[1]',
      'input[0] / input[1]',
      'input[0] + 0.5',
    ])
      assert.equal(
        ended(`[x | some i in numbers.range(1, 100); x := ${expression}]`, 100_000, a, b),
        'eval_steps_error',
        expression,
      );
  });

  it('count the states of a glob', () => {
    const [pattern, text] = ['*a'.repeat(500), 'a'.repeat(10_000)];
    assert.equal(ended('glob.match(input[0], ["/"], input[1])', 100_000, pattern, text), 'eval_steps_error');
  });

  it('count what `with` replaces in large documents', () => {
    const { code } = caught(() =>
      POLICY.evaluate('x := [1 | some i in numbers.range(1, 100); input.k1 == 1 with input.z as i]', {
        input: object(1000),
        maxSteps: 50_000,
        clock: () => 0,
      }),
    );
    assert.equal(code, 'eval_steps_error');
  });
});

function caught(work: () => unknown): EvaluationError {
  try {
    work();
  } catch (error) {
    if (error instanceof EvaluationError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('texts of documents that hold their parts twice', () => {
  it('are no longer than they may be', () => {
    for (const expression of ['json.marshal(input[0])', 'sprintf("%v", [input[0]])', '$"{input[0]}"']) {
      const options = { input: new RegoArray([doubled()]), maxSteps: 1e9, clock: () => 0 };
      const { answers, failures } = POLICY.evaluate(`x := ${expression}`, options);
      assert.equal(answers.length, 0, expression);
      assert.match(failures[0]?.message ?? '', /text of more than \d+ characters/, expression);
    }
    assert.equal(caught(() => toJson(doubled(), { maxLength: 1000 })).code, 'eval_result_error');
    assert.equal(caught(() => toJson(doubled())).code, 'eval_result_error');
    const query = compile([{ file: 'p.rego', text: `package p\n\nd0 := ["x"]\n${rules(40)}` }]).prepare(
      'x := data.p.d40',
    );
    assert.equal(
      caught(() => query.evaluateText(new TextEncoder().encode('{}'), { clock: () => 0 })).code,
      'eval_result_error',
    );
  });
});

function rules(count: number): string {
  return Array.from({ length: count }, (_, at) => `d${at + 1} := [d${at}, d${at}]`).join('\n');
}

describe('numbers of many digits', () => {
  it('are read, kept and written, and refused where something must be computed with them', () => {
    const input = parseJson(`["${'1'.repeat(3)}",${'1'.repeat(100_000)}]`);
    assert.equal(toJson(input), `["111",${'1'.repeat(100_000)}]`);
    const run = (query: string) => POLICY.evaluate(query, { input, clock: () => 0 });
    assert.equal(run('x := input[1]').answers.length, 1);
    assert.match(run('x := input[1] + 1').failures[0]?.message ?? '', /^plus: number too big/);
    assert.equal(caught(() => run('x := input[1] < 1e400')).code, 'eval_internal_error');
  });
});
