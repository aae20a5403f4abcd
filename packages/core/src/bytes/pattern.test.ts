import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { matchesPattern } from './index.ts';

describe('matchesPattern', () => {
  it('knows one wildcard and no other', () => {
    const yes = [
      ['', ''],
      ['*', ''],
      ['*', 'x'],
      ['a*c', 'abc'],
      ['a*c', 'ac'],
      ['*b*', 'abc'],
      ['a**c', 'abc'],
      ['a*b*c', 'a-b-b-c'],
      ['repo:org/*', 'repo:org/name'],
    ] as const;
    const no = [
      ['', 'x'],
      ['a*a', 'a'],
      ['ab*bc', 'abc'],
      ['a*c', 'abcd'],
      ['*b*', 'ac'],
      ['a.c', 'abc'],
      ['a?c', 'abc'],
      ['[ab]', 'a'],
      ['A', 'a'],
      ['a*b*c', 'a-c-b'],
    ] as const;
    for (const [pattern, value] of yes)
      assert.equal(matchesPattern(pattern, value), true, `${pattern} ${value}`);
    for (const [pattern, value] of no)
      assert.equal(matchesPattern(pattern, value), false, `${pattern} ${value}`);
  });

  it('agrees with the obvious regular expression', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.'), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (pattern, value) => {
        const source = pattern
          .split('*')
          .map((part) => part.replaceAll('.', '\\.'))
          .join('.*');
        assert.equal(matchesPattern(pattern, value), new RegExp(`^${source}$`).test(value));
      }),
      { numRuns: 2000 },
    );
  });

  // Going back over the text would take longer than any test run.
  it('never goes back, so a hostile value cannot make it slow', { timeout: 10_000 }, () => {
    const pattern = `${'*a'.repeat(5000)}*b`;
    assert.equal(matchesPattern(pattern, 'a'.repeat(100_000)), false);
  });
});
