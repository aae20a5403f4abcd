import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { publicKeyFrom } from './crypto.ts';
import { isCoded } from './errors.ts';

describe('publicKeyFrom', () => {
  it('refuses the point at infinity, which OpenSSL reads and does not write', () => {
    const infinity = Buffer.from('3019301306072a8648ce3d020106082a8648ce3d03010703020000', 'hex');
    assert.throws(
      () => publicKeyFrom(infinity),
      (error) => isCoded(error, 'crypto_public_key'),
    );
  });
});
