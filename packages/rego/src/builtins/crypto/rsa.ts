/** RSA in integers: what no small library for browsers has. RFC 8017. */
import {
  bytesOfInteger,
  type Cryptography,
  CryptographyError,
  concatBytes,
  equalBytes,
  type HashName,
  integerOfBytes,
  type RsaPrivateKey,
  type RsaPublicKey,
} from './cryptography.ts';

type Digest = Cryptography['digest'];

/** The numbers of the Chinese remainder theorem. */
export interface RsaCrt {
  readonly p: bigint;
  readonly q: bigint;
  readonly dp: bigint;
  readonly dq: bigint;
  readonly qi: bigint;
}

export function crtOf({ privateExponent, primes: [p, q] }: RsaPrivateKey): RsaCrt {
  return {
    p,
    q,
    dp: privateExponent % (p - 1n),
    dq: privateExponent % (q - 1n),
    qi: inverse(q % p, p),
  };
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value, modulus, 1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b, x, y] = [b, a - quotient * b, y, x - quotient * y];
  }
  return ((x % modulus) + modulus) % modulus;
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square, rest] = [1n, base % modulus, exponent];
  for (; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** Keys beyond this are no keys, and cost more than a policy may. */
const MAX_MODULUS_BITS = 16_384;
const MAX_EXPONENT_BITS = 64;

function isUsable({ modulus, exponent }: RsaPublicKey): boolean {
  return (
    (modulus & 1n) === 1n &&
    modulus > 3n &&
    modulus.toString(2).length <= MAX_MODULUS_BITS &&
    exponent > 0n &&
    exponent.toString(2).length <= MAX_EXPONENT_BITS
  );
}

const DIGEST_PREFIX: Readonly<Record<HashName, string>> = {
  md5: '3020300c06082a864886f70d020505000410',
  sha1: '3021300906052b0e03021a05000414',
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};

/** EMSA-PKCS1-v1_5, §9.2. `undefined` where the modulus is too short. */
function pkcs1Encoded(hash: HashName, digest: Uint8Array, length: number): Uint8Array | undefined {
  const prefix = Uint8Array.from(DIGEST_PREFIX[hash].match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const padding = length - prefix.length - digest.length - 3;
  if (padding < 8) return undefined;
  return concatBytes([
    Uint8Array.of(0, 1),
    new Uint8Array(padding).fill(0xff),
    Uint8Array.of(0),
    prefix,
    digest,
  ]);
}

export interface RsaInput {
  readonly digest: Digest;
  readonly hash: HashName;
  readonly data: Uint8Array;
}

/** RSASSA-PKCS1-v1_5 or RSASSA-PSS, §8.2.2 and §8.1.2. */
export function verifyRsa(
  padding: 'rsa-pkcs1' | 'rsa-pss',
  key: RsaPublicKey,
  input: RsaInput,
  signature: Uint8Array,
): boolean {
  const length = bytesOfInteger(key.modulus).length;
  if (!isUsable(key) || signature.length !== length) return false;
  const representative = integerOfBytes(signature);
  if (representative >= key.modulus) return false;
  const message = power(representative, key.exponent, key.modulus);
  const digest = input.digest(input.hash, input.data);
  if (padding === 'rsa-pss') return verifyPss(message, key.modulus, digest, input);
  const expected = pkcs1Encoded(input.hash, digest, length);
  return expected !== undefined && equalBytes(bytesOfInteger(message, length), expected);
}

/** EMSA-PSS-VERIFY, §9.1.2, with a salt of whatever length. */
function verifyPss(message: bigint, modulus: bigint, hashed: Uint8Array, input: RsaInput): boolean {
  const bits = modulus.toString(2).length - 1;
  const length = Math.ceil(bits / 8);
  if (message >> BigInt(bits) !== 0n || length < hashed.length + 2) return false;
  const encoded = bytesOfInteger(message, length);
  if (encoded.at(-1) !== 0xbc) return false;
  const split = length - hashed.length - 1;
  const seed = encoded.subarray(split, -1);
  const block = masked(encoded.subarray(0, split), seed, input);
  block[0] = (block[0] ?? 0) & (0xff >> (8 * length - bits));
  const mark = block.findIndex((byte) => byte !== 0);
  if (mark < 0 || block[mark] !== 1) return false;
  const salt = block.subarray(mark + 1);
  return equalBytes(input.digest(input.hash, concatBytes([new Uint8Array(8), hashed, salt])), seed);
}

/** MGF1, appendix B.2.1, laid over the block. */
function masked(block: Uint8Array, seed: Uint8Array, { digest, hash }: RsaInput): Uint8Array {
  const result = Uint8Array.from(block);
  for (let counter = 0, at = 0; at < result.length; counter++) {
    const mask = digest(hash, concatBytes([seed, bytesOfInteger(BigInt(counter), 4)]));
    for (const byte of mask) {
      if (at === result.length) break;
      result[at] = (result[at] ?? 0) ^ byte;
      at++;
    }
  }
  return result;
}

/** `salt` is for PSS alone, and as long as the hash. */
export function signRsa(
  padding: 'rsa-pkcs1' | 'rsa-pss',
  key: RsaPrivateKey,
  input: RsaInput,
  salt: Uint8Array,
): Uint8Array {
  const length = bytesOfInteger(key.modulus).length;
  const digest = input.digest(input.hash, input.data);
  const encoded =
    padding === 'rsa-pss'
      ? pssEncoded(key.modulus, digest, input, salt)
      : pkcs1Encoded(input.hash, digest, length);
  if (encoded === undefined || !isUsable(key)) {
    throw new CryptographyError('the RSA key is too short for this signature');
  }
  const message = integerOfBytes(encoded);
  const { p, q, dp, dq, qi } = crtOf(key);
  const [left, right] = [power(message, dp, p), power(message, dq, q)];
  const factor = ((((left - right) * qi) % p) + p) % p;
  return bytesOfInteger(right + q * factor, length);
}

/** EMSA-PSS-ENCODE, §9.1.1. */
function pssEncoded(
  modulus: bigint,
  hashed: Uint8Array,
  input: RsaInput,
  salt: Uint8Array,
): Uint8Array | undefined {
  const bits = modulus.toString(2).length - 1;
  const length = Math.ceil(bits / 8);
  const padding = length - salt.length - hashed.length - 2;
  if (padding < 0) return undefined;
  const seed = input.digest(input.hash, concatBytes([new Uint8Array(8), hashed, salt]));
  const block = masked(concatBytes([new Uint8Array(padding), Uint8Array.of(1), salt]), seed, input);
  block[0] = (block[0] ?? 0) & (0xff >> (8 * length - bits));
  return concatBytes([block, seed, Uint8Array.of(0xbc)]);
}
