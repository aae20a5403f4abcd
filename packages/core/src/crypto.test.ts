import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { publicKeyFrom, spkiOf } from './crypto.ts';
import { isCoded } from './errors.ts';

describe('publicKeyFrom', () => {
  for (const [namedCurve, fieldBytes] of [
    ['P-256', 32],
    ['P-384', 48],
    ['P-521', 66],
  ] as const) {
    it(`writes a key of ${namedCurve} as node:crypto does, however it was read`, () => {
      const der = generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'der', type: 'spki' });
      const key = publicKeyFrom(der);
      assert.deepEqual(Buffer.from(spkiOf(key)), der);
      const compressed = withCompressedPoint(der, fieldBytes);
      assert.ok(createPublicKey({ key: compressed, format: 'der', type: 'spki' }).equals(key));
      assert.deepEqual(
        Buffer.from(spkiOf(publicKeyFrom(compressed))),
        createPublicKey({ key: compressed, format: 'der', type: 'spki' }).export({
          format: 'der',
          type: 'spki',
        }),
      );
    });
  }

  it('refuses a point that is not on its curve, in the plain form too', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const der = publicKey.export({ format: 'der', type: 'spki' });
    der[90] = (der[90] ?? 0) ^ 1;
    assert.throws(
      () => publicKeyFrom(der),
      (error) => isCoded(error, 'crypto_public_key'),
    );
  });

  it('refuses the point at infinity, which OpenSSL reads and does not write', () => {
    const infinity = Buffer.from('3019301306072a8648ce3d020106082a8648ce3d03010703020000', 'hex');
    assert.throws(
      () => publicKeyFrom(infinity),
      (error) => isCoded(error, 'crypto_public_key'),
    );
  });
});

/** SEC 1 §2.3.3: x alone, and whether y is odd. */
function withCompressedPoint(spki: Buffer, fieldBytes: number): Buffer {
  const x = spki.subarray(-2 * fieldBytes, -fieldBytes);
  // SEQUENCE { algorithm SEQUENCE, BIT STRING }: the outer header has three octets from 128 on.
  const start = spki[1] === 0x81 ? 3 : 2;
  const algorithm = spki.subarray(start, start + 2 + (spki[start + 1] ?? 0));
  const bits = Buffer.from([0x03, x.length + 2, 0x00, 0x02 | ((spki.at(-1) ?? 0) & 1), ...x]);
  return Buffer.concat([Buffer.from([0x30, algorithm.length + bits.length]), algorithm, bits]);
}
