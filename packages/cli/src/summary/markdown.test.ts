import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { md, mdTable } from './markdown.ts';

/** As a reader of Markdown shows character references. */
function shown(text: string): string {
  return text.replaceAll(/&#(\d+);/g, (_, number: string) => String.fromCodePoint(Number(number)));
}

describe('md', () => {
  it('leaves nothing that Markdown, HTML or GitHub takes for more than text, and shows the text as it is', () => {
    const hostile =
      '[x](http://evil.example) ![](//e) <img src=x> | `a` **b** @everyone #1 www.evil.example _c_ ~d~ $e$';
    for (const text of [
      hostile,
      '# heading',
      '- item',
      '1. item',
      '    code',
      '---',
      '> quote',
      'a\n\n# b',
      '&lt;b&gt;',
    ]) {
      const safe = md(text);
      assert.match(safe.replaceAll(/&#\d+;/g, ''), /^[A-Za-z0-9 ./-]*$/, safe);
      assert.doesNotMatch(safe, /^[\s-]|www\./, safe);
      assert.equal(shown(safe), text.replaceAll('\n', ' '));
    }
  });
  it('does so with any text, and drops what cannot be seen', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.match(md(text), /^(?:[A-Za-z0-9 ./-]|[\u00a0-\uffff]|&#\d+;)*$/);
      }),
    );
    assert.equal(md('a\u202eb\u200bc\u001b[2J'), 'a b c &#91;2J');
  });
});

describe('mdTable', () => {
  it('shows so many rows and counts the others', () => {
    const lines = mdTable(
      ['a'],
      Array.from({ length: 203 }, (_, row) => [String(row)]),
    ).split('\n');
    assert.deepEqual(lines.slice(-3), ['| 199 |', '', 'and 3 more']);
  });
});
