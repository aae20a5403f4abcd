/** The curves of FIPS 186-5 §6.1.1 (SP 800-186 §3.2.1) as a SubjectPublicKeyInfo holds their points; all have a = −3. */
import { equalBytes, fromHex, toHex } from '../bytes/index.ts';

export interface Curve {
  /** As OpenSSL calls it. */
  readonly name: string;
  readonly prime: bigint;
  readonly b: bigint;
  readonly order: bigint;
  readonly orderBits: number;
  /** Of a coordinate. */
  readonly bytes: number;
  /** SubjectPublicKeyInfo up to the coordinates of an uncompressed point. */
  readonly spkiPrefix: Uint8Array;
}

export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

export const CURVES: Readonly<Record<string, Curve>> = {
  prime256v1: {
    name: 'prime256v1',
    prime: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    orderBits: 256,
    bytes: 32,
    spkiPrefix: fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004'),
  },
  secp384r1: {
    name: 'secp384r1',
    prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    order:
      0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    orderBits: 384,
    bytes: 48,
    spkiPrefix: fromHex('3076301006072a8648ce3d020106052b8104002203620004'),
  },
  secp521r1: {
    name: 'secp521r1',
    prime: 2n ** 521n - 1n,
    b: BigInt(
      '0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00',
    ),
    order: BigInt(
      '0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
    ),
    orderBits: 521,
    bytes: 66,
    spkiPrefix: fromHex('30819b301006072a8648ce3d020106052b810400230381860004'),
  },
};

/** The point of a key in DER on one of these curves; undefined for every other key and form. Nobody says yet that it lies there. */
export function uncompressedPoint(
  spki: Uint8Array,
): { readonly curve: Curve; readonly point: Point } | undefined {
  const curve = Object.values(CURVES).find(
    ({ spkiPrefix, bytes }) =>
      spki.length === spkiPrefix.length + 2 * bytes &&
      equalBytes(spki.subarray(0, spkiPrefix.length), spkiPrefix),
  );
  if (curve === undefined) return undefined;
  const { spkiPrefix, bytes } = curve;
  const [x, y] = [0, 1].map((at) => {
    const start = spkiPrefix.length + at * bytes;
    return BigInt(`0x${toHex(spki.subarray(start, start + bytes))}`);
  }) as [bigint, bigint];
  return { curve, point: { x, y } };
}

/** Every point there has the order of the curve, as the cofactor is 1: nothing more is to be checked of a public key. */
export function isOnCurve({ x, y }: Point, { prime, b }: Curve): boolean {
  return x < prime && y < prime && (y * y - (x * x * x - 3n * x + b)) % prime === 0n;
}
