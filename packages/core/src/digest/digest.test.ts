import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { algorithmOf, digestOf, hexOf, isDigest, parseDigest } from './index.ts';

describe('parseDigest', () => {
  it('takes every digest that it makes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom('sha256', 'sha384', 'sha512'), (bytes, algorithm) => {
        const digest = digestOf(bytes, algorithm);
        assert.equal(parseDigest(digest), digest);
        assert.equal(`${algorithmOf(digest)}:${hexOf(digest)}`, digest);
      }),
    );
  });

  it('refuses upper case, other lengths and other algorithms, and says what it expected', () => {
    const hex = 'a'.repeat(64);
    for (const text of [
      '',
      'sha256:',
      `sha256:${hex}a`,
      `SHA256:${hex}`,
      `sha256:${hex.toUpperCase()}`,
      `md5:${'a'.repeat(32)}`,
      hex,
      `__proto__:${hex}`,
    ]) {
      assert.equal(isDigest(text), false, text);
      assert.throws(() => parseDigest(text, 'subject'), {
        code: 'digest_invalid',
        message: /^subject: expected sha256:/,
      });
    }
  });
});
