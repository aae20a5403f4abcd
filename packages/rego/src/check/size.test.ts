/** Small modules that would take longer than anybody waits, if the cost grew with more than their size. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compile, RegoSourceError } from '../index.ts';
import { ANY, arrayOf, bounded, NUMBER, type Type, type Unknown } from './type.ts';

const lines = (count: number, line: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => line(at)).join('\n');
const compiled = (rules: string) => compile([{ file: 'p.rego', text: `package p\n\n${rules}\n` }]);

describe('types', () => {
  it('of more than ten thousand parts say nothing', () => {
    let type: Type | Unknown = NUMBER;
    const sizes = Array.from({ length: 60 }, () => {
      type = bounded(arrayOf([type, type]));
      return type === ANY;
    });
    assert.equal(sizes.indexOf(true), 11);
  });

  it('that hold one another twice each are found soon, by rules and by variables', () => {
    compiled(`d0 := [1]\n${lines(60, (at) => `d${at + 1} := [d${at}, d${at}]`)}\nr if d60 == d59`);
    compiled(
      `r if {\n\td0 := [1]\n${lines(60, (at) => `\td${at + 1} := {"a": d${at}, "b": d${at}}`)}\n\td60.a == d59\n}`,
    );
  });
});

describe('bodies', () => {
  it('find their order also where it is the reverse', () => {
    const { answers } = compiled(
      `r := x300 if {\n${lines(300, (at) => `\tx${300 - at} = x${299 - at} + 1`)}\n\tx0 = 1\n}`,
    ).evaluate('x := data.p.r');
    assert.equal(answers[0]?.get('x'), 301);
    compiled(`r if {\n${lines(3000, (at) => `\tx${3000 - at} = x${2999 - at}`)}\n\tx0 = 1\n}`);
  });
});

describe('recursion', () => {
  it('is told of ten rules, in a message that can be read', () => {
    const ring = lines(2000, (at) => `rule_${at} := rule_${(at + 1) % 2000}`);
    assert.throws(
      () => compiled(ring),
      (error) =>
        error instanceof RegoSourceError &&
        error.code === 'rego_recursion_error' &&
        error.problems.length === 11 &&
        error.message.length < 8100,
    );
  });

  it('is looked for where there can be any', () => {
    compiled(`f0(x) := x\n${lines(2000, (at) => `f${at + 1}(x) := f${at}(x)`)}`);
  });
});
