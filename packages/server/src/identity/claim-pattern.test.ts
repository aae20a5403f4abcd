import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { patternFault, patternMatches, saysWhose } from './claim-pattern.ts';

describe('patternMatches', () => {
  it('compares letter by letter, whole, and knows one wildcard', () => {
    const same = 'repo:acme/app:ref:refs/heads/main';
    assert.ok(patternMatches(same, same));
    for (const text of [
      'repo:acme/app:ref:refs/heads/main2',
      'repo:acme/app:ref:refs/heads/mai',
      'Repo:acme/app:ref:refs/heads/main',
      'xrepo:acme/app:ref:refs/heads/main',
      'repo:acme/app:ref:refs/heads/main\n',
      'repo:аcme/app:ref:refs/heads/main',
      '',
    ]) {
      assert.ok(!patternMatches(same, text), text);
    }
    assert.ok(!patternMatches('a.c:x', 'abc:x'));
    assert.ok(!patternMatches('[ab]+(x)?', 'a'));
  });

  it('lets * stand for a whole part, and at the end for all the rest', () => {
    assert.ok(patternMatches('repo:acme/*', 'repo:acme/app:ref:refs/heads/main'));
    assert.ok(patternMatches('repo:acme/app:*', 'repo:acme/app:pull_request'));
    assert.ok(patternMatches('repo:acme/*:ref:refs/heads/main', 'repo:acme/app:ref:refs/heads/main'));
    assert.ok(patternMatches('*', 'production'));
    for (const [pattern, text] of [
      // Names that begin alike.
      ['repo:acme/app:*', 'repo:acme/app-evil:ref:refs/heads/main'],
      ['repo:acme/*', 'repo:acme-evil/app:ref:refs/heads/main'],
      ['repo:acme/*', 'repo:acme/'],
      // A part that is made to look like the ones that follow.
      ['repo:acme/*:ref:refs/heads/main', 'repo:acme/app:environment:x:ref:refs/heads/main'],
      ['repo:acme/*:ref:refs/heads/main', 'repo:acme/app/b:ref:refs/heads/main'],
      ['repo:*/app:pull_request', 'repo:acme/evil:x/app:pull_request'],
      ['*', ''],
    ] as const) {
      assert.ok(!patternMatches(pattern, text), `${pattern} took ${text}`);
    }
  });

  it('takes a text without * for itself alone, whatever stands in it', () => {
    const text = fc.string({
      unit: fc.constantFrom(...Array.from('ab:/@|.+?()[]{}^$\\-')),
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(text, text, (pattern, value) => {
        assert.equal(patternMatches(pattern, value), pattern === value);
      }),
      { numRuns: 3000 },
    );
  });

  it('is quick for hostile texts', () => {
    const pattern = `${'*:'.repeat(200)}x`;
    assert.ok(!patternMatches(pattern, 'a:'.repeat(8000)));
  });
});

describe('patternFault', () => {
  it('refuses a * that could stand for a part of a name, and letters that look like others', () => {
    for (const [pattern, reason] of [
      ['repo:acme/app*', /look-alike names/],
      ['repo:acme*/app', /look-alike names/],
      ['repo:*acme/app', /look-alike names/],
      ['repo:acme/**', /look-alike names/],
      ['repo:аcme/app', /U\+0430/],
      ['repo:acme\u200b/app', /U\+200B/],
      ['', /found nothing/],
      ['a'.repeat(501), /at most 500/],
    ] as const) {
      assert.match(patternFault(pattern) ?? '', reason, pattern);
    }
    for (const pattern of [
      'repo:acme/app:*',
      'x@*',
      'a|*',
      '*',
      'system:serviceaccount:ci:*',
      'Release build',
    ]) {
      assert.equal(patternFault(pattern), undefined, pattern);
    }
  });
});

describe('saysWhose', () => {
  it('wants two parts before the first *', () => {
    for (const pattern of ['repo:acme/*', 'repo:acme/*:pull_request', 'exact', 'sc://acme/*']) {
      assert.ok(saysWhose(pattern), pattern);
    }
    for (const pattern of ['*', 'repo:*', 'repo:*/app', ':/*', '::*', '//*']) {
      assert.ok(!saysWhose(pattern), pattern);
    }
  });
});
