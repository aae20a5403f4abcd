import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compile, parseJson } from '../index.ts';

const evaluate = (rules: string, input: unknown) =>
  compile([{ file: 'p.rego', text: `package p\n${rules}\n`, version: 'v1' }])
    .prepare('x := data.p.r')
    .evaluate({ input: parseJson(JSON.stringify(input)), strictBuiltinErrors: true });

const tooLong = /a string of \d+ characters: at most 8388608 are taken and made/;

describe('a string that V8 could not search without ending the process', () => {
  it('is not made', () => {
    const rules = 'a := replace(input.s, "a", input.s)\nr := count(replace(a, "a", input.s))';
    assert.throws(() => evaluate(rules, { s: 'a'.repeat(20_000) }), tooLong);
  });

  it('is not taken', () => {
    assert.throws(() => evaluate('r := count(split(input.s, ""))', { s: 'a'.repeat(2 ** 23 + 1) }), tooLong);
  });

  it('may be as long as the limit', () => {
    const { answers } = evaluate('r := count(input.s)', { s: 'a'.repeat(2 ** 23) });
    assert.equal(answers[0]?.get('x'), 2 ** 23);
  });
});
