import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromHex } from '../bytes/index.ts';
import { addPoints, verifyPrehashed } from './prehash.ts';

const ORDERS = {
  'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'P-384':
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  'P-521':
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
} as const;

const HASHES = { 'P-256': 'sha256', 'P-384': 'sha384', 'P-521': 'sha512' } as const;

type Curve = keyof typeof ORDERS;

const digestOf = (hash: string, data: Uint8Array): Buffer => createHash(hash).update(data).digest();
const flip = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

/** The forms in which a key may come in: DER, PEM, JWK. */
function imports(key: KeyObject): KeyObject[] {
  return [
    createPublicKey({ key: key.export({ format: 'der', type: 'spki' }), format: 'der', type: 'spki' }),
    createPublicKey(key.export({ format: 'pem', type: 'spki' })),
    createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' }),
  ];
}

function negated(digest: Uint8Array, curve: Curve): Uint8Array {
  const value = ORDERS[curve] - (BigInt(`0x${Buffer.from(digest).toString('hex')}`) % ORDERS[curve]);
  return Buffer.from(
    value
      .toString(16)
      .padStart(digest.length * 2, '0')
      .slice(-digest.length * 2),
    'hex',
  );
}

describe('verifyPrehashed', () => {
  for (const [curve, count] of [
    ['P-256', 300],
    ['P-384', 40],
    ['P-521', 30],
  ] as const) {
    it(`gives the verdict of crypto.verify for ${count} ${curve} keys in three import forms`, () => {
      for (let round = 0; round < count; round++) {
        const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
        const data = Buffer.from(`message ${round}`);
        const signature = sign(HASHES[curve], data, privateKey);
        const digest = digestOf(HASHES[curve], data);
        assert.ok(verify(HASHES[curve], data, publicKey, signature));
        const spki = publicKey.export({ format: 'der', type: 'spki' });
        for (const key of [...imports(publicKey), spki])
          assert.equal(verifyPrehashed(key, digest, signature), true);
        assert.equal(verifyPrehashed(spki, flip(digest, 0), signature), false);
        assert.equal(verifyPrehashed(publicKey, flip(digest, round % digest.length), signature), false);
        assert.equal(verifyPrehashed(publicKey, negated(digest, curve), signature), false);
        assert.equal(verifyPrehashed(publicKey, digest, flip(signature, signature.length - 1)), false);
      }
    });
  }

  it('refuses a point that lies on another curve, or beyond the field, in DER as in any other form', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const data = Buffer.from('somewhere else');
    const signature = sign('sha256', data, privateKey);
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    const elsewhere = [
      flip(spki, spki.length - 1),
      flip(spki, spki.length - 40),
      Buffer.concat([spki.subarray(0, 27), Buffer.alloc(64, 0xff)]),
      Buffer.concat([spki.subarray(0, 27), Buffer.alloc(64)]),
    ];
    for (const key of elsewhere) {
      assert.throws(() => verifyPrehashed(key, digestOf('sha256', data), signature), {
        code: 'crypto_public_key',
      });
    }
  });

  it('takes the leftmost bits of a digest that is longer than the order', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const data = Buffer.from('long digest');
    const signature = sign('sha512', data, privateKey);
    assert.equal(verifyPrehashed(publicKey, digestOf('sha512', data), signature), true);
    assert.equal(verifyPrehashed(publicKey, digestOf('sha384', data), signature), false);
  });

  it('verifies when the digest is the one of its own fixed message, so that the tweak is zero', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    for (const text of ['waybill prehash verification 1', 'waybill prehash verification 2']) {
      const signature = sign('sha256', Buffer.from(text), privateKey);
      assert.equal(verifyPrehashed(publicKey, digestOf('sha256', Buffer.from(text)), signature), true);
    }
  });

  it('accepts a compressed key', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    const sign8 = ((Buffer.from(y, 'base64url').at(-1) ?? 0) & 1) + 2;
    const spki = Buffer.concat([
      Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
      Buffer.of(sign8),
      Buffer.from(x, 'base64url'),
    ]);
    const compressed = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    const data = Buffer.from('compressed');
    assert.equal(
      verifyPrehashed(compressed, digestOf('sha256', data), sign('sha256', data, privateKey)),
      true,
    );
  });

  it('refuses r or s of zero and signatures that are not DER', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const digest = digestOf('sha256', Buffer.from('x'));
    for (const hex of [
      '3006020100020100',
      '3006020101020100',
      '3006020100020101',
      '',
      '30',
      '3080',
      '300602010102010100',
    ]) {
      assert.equal(verifyPrehashed(publicKey, digest, fromHex(hex)), false);
    }
  });

  it('answers false, never throws, for any bytes as signature and digest', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.uint8Array({ maxLength: 300 }),
        (digest, signature) => {
          assert.equal(verifyPrehashed(publicKey, digest, signature), false);
          assert.equal(verifyPrehashed(rsa, digest, signature), false);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('compares the whole DigestInfo for RSA', () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    for (const hash of ['sha256', 'sha384', 'sha512']) {
      const data = Buffer.from(`rsa ${hash}`);
      const signature = sign(hash, data, privateKey);
      const digest = digestOf(hash, data);
      assert.equal(verifyPrehashed(publicKey, digest, signature), true);
      assert.equal(verifyPrehashed(publicKey, flip(digest, 0), signature), false);
      assert.equal(verifyPrehashed(publicKey, digest, flip(signature, 9)), false);
      assert.equal(verifyPrehashed(publicKey, digest, signature.subarray(1)), false);
    }
  });

  it('refuses keys that sign no digest', () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    assert.throws(() => verifyPrehashed(publicKey, new Uint8Array(32), new Uint8Array(64)), {
      code: 'tlog_key_unsupported',
    });
  });
});

describe('addPoints', () => {
  const prime = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
  const g = {
    x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
    y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
  };

  it('doubles, adds and meets the point at infinity', () => {
    const two = addPoints(g, g, prime);
    assert.ok(two);
    assert.equal(two.x, 0x7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978n);
    const three = addPoints(two, g, prime);
    assert.equal(three?.x, 0x5ecbe4d1a6330a44c8f7ef951d4bf165e6c6b721efada985fb41661bc6e7fd6cn);
    assert.equal(addPoints(g, { x: g.x, y: prime - g.y }, prime), null);
  });
});
