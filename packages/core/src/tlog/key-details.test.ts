import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { codeOf } from '../test-support.ts';
import { keyDetailsName, keyDetailsOf } from './key-details.ts';

describe('keyDetailsOf', () => {
  it('names a key as Sigstore does', () => {
    const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    assert.equal(keyDetailsOf(p256.publicKey).name, 'PKIX_ECDSA_P256_SHA_256');
    assert.equal(keyDetailsOf(rsa.publicKey).name, 'PKIX_RSA_PKCS1V15_2048_SHA256');
    assert.equal(keyDetailsOf(generateKeyPairSync('ed25519').publicKey).name, 'PKIX_ED25519');
  });
  it('refuses a key that no log takes', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    assert.equal(
      codeOf(() => keyDetailsOf(other.publicKey)),
      'tlog_key_unsupported',
    );
  });
});

describe('keyDetailsName', () => {
  it('reads the number and the name alike, and knows no other', () => {
    assert.deepEqual(
      [keyDetailsName(5), keyDetailsName('PKIX_ED25519')],
      ['PKIX_ECDSA_P256_SHA_256', 'PKIX_ED25519'],
    );
    assert.deepEqual([keyDetailsName(0), keyDetailsName('__proto__')], [undefined, undefined]);
  });
});
