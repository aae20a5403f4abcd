import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { editDistance, nearest } from './suggest.ts';

describe('editDistance', () => {
  it('counts inserts, deletes, replacements and swaps', () => {
    assert.equal(editDistance('signer', 'signers'), 1);
    assert.equal(editDistance('atestation', 'attestation'), 1);
    assert.equal(editDistance('psuh', 'push'), 1);
    assert.equal(editDistance('', 'abc'), 3);
  });
  it('is symmetric, zero only for equal words, and at most the longer length', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const distance = editDistance(a, b);
        assert.equal(distance, editDistance(b, a));
        assert.equal(distance === 0, a === b);
        assert.ok(distance <= Math.max(a.length, b.length));
      }),
    );
  });
});

describe('nearest', () => {
  it('finds the slip of the finger and nothing else', () => {
    assert.equal(nearest('statsu', ['status', 'push', 'init']), 'status');
    assert.equal(nearest('attest', ['attestation', 'gate']), 'attestation');
    assert.equal(nearest('zzz', ['status', 'push']), undefined);
  });
});
