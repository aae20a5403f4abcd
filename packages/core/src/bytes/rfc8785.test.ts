import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import fc from 'fast-check';
import { canonicalJson, fromBase64, parseJson, toBase64, toBase64Url } from './index.ts';

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (isCoded(error)) return error.code;
    throw error;
  }
  return 'none';
};

describe('canonicalJson', () => {
  it('orders keys by UTF-16 code units (RFC 8785 §3.2.3)', () => {
    const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
    // Integer-like keys come first in any object, so the text itself is what counts.
    assert.equal(canonicalJson(value), '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}');
  });

  it('writes numbers as ECMAScript does (RFC 8785 §3.2.2.3)', () => {
    assert.equal(
      canonicalJson([...(JSON.parse('[333333333.33333329]') as number[]), 1e30, 4.5, 2e-3, 1e-27, -0]),
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]',
    );
  });

  it('is a fixed point over parsing, whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = canonicalJson(JSON.parse(JSON.stringify(value)));
        assert.equal(canonicalJson(JSON.parse(text)), text);
      }),
    );
  });

  it('refuses what JSON cannot hold', () => {
    assert.equal(
      codeOf(() => canonicalJson(Number.NaN)),
      'json_invalid',
    );
    assert.equal(
      codeOf(() => canonicalJson([undefined])),
      'json_invalid',
    );
  });
});

describe('parseJson', () => {
  it('agrees with JSON.parse on every document without equal keys', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        if (text.includes('__proto__')) return;
        assert.deepEqual(parseJson(text), JSON.parse(text));
      }),
    );
  });

  it('gives a coded error for any other text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const code = codeOf(() => parseJson(text));
        assert.match(code, /^(none|json_[a-z_]+|bytes_utf8)$/);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives a coded error for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        assert.match(
          codeOf(() => parseJson(bytes)),
          /^(none|json_[a-z_]+|bytes_utf8)$/,
        );
      }),
      { numRuns: 2000 },
    );
  });

  const refused: readonly [name: string, text: string, code: string][] = [
    ['a key that stands twice', '{"a":1,"b":2,"a":3}', 'json_duplicate_key'],
    ['the same key by way of an escape', '{"ab":1,"\\u0061b":2}', 'json_duplicate_key'],
    ['equal keys deep inside', '[{"x":{"y":1,"y":1}}]', 'json_duplicate_key'],
    ['__proto__', '{"__proto__":{"admin":true}}', 'json_invalid'],
    ['__proto__ by way of an escape', '{"\\u005f_proto__":1}', 'json_invalid'],
    ['more brackets than the limit', '['.repeat(100_000), 'json_too_deep'],
    ['more values than the limit', `[${'0,'.repeat(4_000_000)}0]`, 'json_too_large'],
    ['a number that would be infinite', '[1,{"a":-1e999}]', 'json_invalid'],
    ['the same written out', `[${'9'.repeat(310)}]`, 'json_invalid'],
    ['an empty document', '', 'json_invalid'],
    ['a trailing comma', '{"a":1,}', 'json_invalid'],
  ];
  for (const [name, text, code] of refused) {
    it(`refuses ${name}`, () =>
      assert.equal(
        codeOf(() => parseJson(text)),
        code,
      ));
  }

  it('takes equal keys in different objects, and braces inside strings', () => {
    assert.deepEqual(parseJson('[{"a":1},{"a":"{\\"a\\":2}"}]'), [{ a: 1 }, { a: '{"a":2}' }]);
  });

  it('takes the largest number, the smallest, and digits in strings', () => {
    assert.deepEqual(parseJson('[1.7976931348623157e308,-1e-999,0.5,"1e999"]'), [
      Number.MAX_VALUE,
      -0,
      0.5,
      '1e999',
    ]);
    assert.deepEqual(parseJson(`[${'1'.repeat(305)}]`), [Number('1'.repeat(305))]);
  });

  it('refuses text that no database can hold, where that is asked for', () => {
    for (const text of ['"\\u0000"', '["a",{"b":"\\ud800"}]', '{"\\u0000":1}', '{"\ud800":1}']) {
      assert.equal(
        codeOf(() => parseJson(text, 'text', { storable: true })),
        'json_not_storable',
        text,
      );
      assert.equal(
        codeOf(() => parseJson(text)),
        'none',
        text,
      );
    }
    assert.deepEqual(parseJson('"\\\\u0000 \\ud83d\\ude00"', 'text', { storable: true }), '\\u0000 😀');
  });

  it('refuses invalid UTF-8 and more bytes than allowed', () => {
    assert.equal(
      codeOf(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22))),
      'bytes_utf8',
    );
    assert.equal(
      codeOf(() => parseJson('[1,2,3]', 'list', { maxBytes: 3 })),
      'json_too_large',
    );
  });
});

describe('fromBase64', () => {
  it('reads both alphabets, padded or not (RFC 4648)', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        assert.deepEqual(Buffer.from(fromBase64(toBase64(bytes))), Buffer.from(bytes));
        assert.deepEqual(Buffer.from(fromBase64(toBase64Url(bytes))), Buffer.from(bytes));
      }),
    );
  });

  it('refuses what a lenient reader would skip over', () => {
    for (const text of ['a', 'abc d', 'ab\n', 'ab==cd', '====', 'abc=d', 'ä']) {
      assert.equal(
        codeOf(() => fromBase64(text)),
        'bytes_base64',
        JSON.stringify(text),
      );
    }
  });
});
