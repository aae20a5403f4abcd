/** Node's cryptography and that of browsers agree on each scheme. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, it } from 'node:test';
import { fromPlain } from '../../values/json.ts';
import type {
  Cryptography,
  CurveName,
  HashName,
  PrivateKey,
  PublicKey,
  SignatureScheme,
} from './cryptography.ts';
import { parseJwks } from './keys.ts';
import { nobleCryptography } from './noble.ts';
import { NODE_CRYPTOGRAPHY } from './node.ts';

const NOBLE = nobleCryptography((length) => new Uint8Array(length).fill(7));
const BOTH: readonly (readonly [string, Cryptography])[] = [
  ['node', NODE_CRYPTOGRAPHY],
  ['noble', NOBLE],
];
const HASHES: readonly HashName[] = ['sha256', 'sha384', 'sha512'];
const DATA = new TextEncoder().encode('what a policy is asked about');

interface Pair {
  readonly key: PublicKey;
  readonly privateKey: PrivateKey;
}

function pairOf(privateKey: KeyObject): Pair {
  const [named] = parseJwks(fromPlain(privateKey.export({ format: 'jwk' })));
  assert.ok(named?.privateKey !== undefined && !(named.key instanceof Uint8Array));
  return { key: named.key, privateKey: named.privateKey };
}

const rsa = pairOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
const ed25519 = pairOf(generateKeyPairSync('ed25519').privateKey);
const curves: readonly CurveName[] = ['P-256', 'P-384', 'P-521'];
const cases: readonly (readonly [SignatureScheme, Pair])[] = [
  ...HASHES.flatMap((hash) => [
    [{ type: 'rsa-pkcs1', hash } as const, rsa] as const,
    [{ type: 'rsa-pss', hash } as const, rsa] as const,
  ]),
  ...curves.flatMap((namedCurve) => {
    const pair = pairOf(generateKeyPairSync('ec', { namedCurve }).privateKey);
    return HASHES.map((hash) => [{ type: 'ecdsa', hash } as const, pair] as const);
  }),
  [{ type: 'ed25519' }, ed25519],
];

describe('cryptography', () => {
  for (const [scheme, { key, privateKey }] of cases) {
    const named = `${scheme.type} ${'hash' in scheme ? scheme.hash : ''} ${key.type === 'ec' ? key.curve : ''}`;
    it(`${named}: each verifies what either signs, and nothing else`, () => {
      for (const [signer, signing] of BOTH) {
        const signature = signing.sign(scheme, privateKey, DATA);
        const changed = Uint8Array.from(signature, (byte, at) => (at === 5 ? byte ^ 1 : byte));
        for (const [verifier, verifying] of BOTH) {
          const who = `${signer} to ${verifier}`;
          assert.equal(verifying.verify(scheme, key, DATA, signature), true, who);
          assert.equal(verifying.verify(scheme, key, DATA, changed), false, who);
          assert.equal(verifying.verify(scheme, key, DATA.subarray(1), signature), false, who);
          assert.equal(verifying.verify(scheme, key, DATA, signature.subarray(1)), false, who);
          assert.equal(verifying.verify(scheme, key, DATA, new Uint8Array()), false, who);
        }
      }
    });
  }

  it('an RSA signature without its leading zero is none', () => {
    for (let count = 0; ; count++) {
      const data = Uint8Array.of(count, count >> 8);
      const signature = NODE_CRYPTOGRAPHY.sign({ type: 'rsa-pss', hash: 'sha256' }, rsa.privateKey, data);
      if (signature[0] !== 0) continue;
      for (const [, verifying] of BOTH) {
        const scheme = { type: 'rsa-pss', hash: 'sha256' } as const;
        assert.equal(verifying.verify(scheme, rsa.key, data, signature), true);
        assert.equal(verifying.verify(scheme, rsa.key, data, signature.subarray(1)), false);
      }
      return;
    }
  });

  it('hashes are the same', () => {
    for (const hash of ['md5', 'sha1', ...HASHES] as const) {
      assert.deepEqual(
        Buffer.from(NOBLE.digest(hash, DATA)).toString('hex'),
        Buffer.from(NODE_CRYPTOGRAPHY.digest(hash, DATA)).toString('hex'),
      );
      assert.deepEqual(
        Buffer.from(NOBLE.hmac(hash, DATA, DATA)).toString('hex'),
        Buffer.from(NODE_CRYPTOGRAPHY.hmac(hash, DATA, DATA)).toString('hex'),
      );
    }
  });

  it('a key of another kind verifies nothing and signs nothing', () => {
    for (const [who, cryptography] of BOTH) {
      assert.equal(cryptography.verify({ type: 'ed25519' }, rsa.key, DATA, new Uint8Array(64)), false, who);
      assert.equal(
        cryptography.verify({ type: 'ecdsa', hash: 'sha256' }, ed25519.key, DATA, new Uint8Array(64)),
        false,
        who,
      );
      assert.throws(() => cryptography.sign({ type: 'rsa-pss', hash: 'sha256' }, ed25519.privateKey, DATA), {
        name: 'CryptographyError',
      });
    }
  });

  it('keys of numbers that do not belong together, or are out of all measure, sign nothing', () => {
    const { privateKey } = rsa;
    assert.ok(privateKey.type === 'rsa');
    const { modulus } = privateKey;
    for (const broken of [modulus + 2n, modulus * modulus, 1n << 1_000_000n]) {
      assert.throws(
        () =>
          NODE_CRYPTOGRAPHY.sign(
            { type: 'rsa-pkcs1', hash: 'sha256' },
            { ...privateKey, modulus: broken },
            DATA,
          ),
        { name: 'CryptographyError' },
      );
    }
  });

  it('keys that are none verify nothing', () => {
    const keys: readonly PublicKey[] = [
      { type: 'rsa', modulus: 0n, exponent: 0n },
      { type: 'rsa', modulus: 4n, exponent: 3n },
      { type: 'ec', curve: 'P-256', x: 1n, y: 1n },
      { type: 'ed25519', bytes: new Uint8Array(3) },
    ];
    for (const [who, cryptography] of BOTH) {
      for (const key of keys) {
        for (const [scheme] of cases) {
          assert.equal(cryptography.verify(scheme, key, DATA, new Uint8Array(64).fill(1)), false, who);
        }
      }
    }
  });
});
