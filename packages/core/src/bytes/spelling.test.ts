import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nearest } from './index.ts';

describe('nearest', () => {
  it('finds the slip of the finger and nothing else', () => {
    const verbs = ['status', 'push', 'init', 'attestation', 'signers'];
    assert.equal(nearest('statsu', verbs), 'status');
    assert.equal(nearest('psuh', verbs), 'push');
    assert.equal(nearest('atestation', verbs), 'attestation');
    assert.equal(nearest('signer', verbs), 'signers');
    assert.equal(nearest('attest', verbs), 'attestation');
    assert.equal(nearest('zzz', verbs), undefined);
  });

  it('sees through look-alike letters, separators and case', () => {
    assert.equal(nearest('СONTAINER-IMAGE', ['CONTAINER_IMAGE', 'ARTIFACT']), 'CONTAINER_IMAGE');
  });

  it('finds every candidate itself, and never fails', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 6 }), fc.string(), (candidates, other) => {
        const meant = nearest(candidates[0] ?? '', candidates);
        assert.ok(meant !== undefined && candidates.includes(meant));
        const near = nearest(other, candidates);
        assert.ok(near === undefined || candidates.includes(near));
      }),
    );
  });
});
