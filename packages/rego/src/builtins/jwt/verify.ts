/** io.jwt.decode, io.jwt.verify_* and io.jwt.decode_verify */
import { numberFromText, toDouble } from '../../values/number.ts';
import { compare, isNumber } from '../../values/order.ts';
import { termText } from '../../values/text.ts';
import { RegoArray, RegoObject, type Value } from '../../values/value.ts';
import { type BuiltinContext, builtinError, type Evaluate, stepText } from '../builtin.ts';
import { type Cryptography, equalBytes, type HashName } from '../crypto/cryptography.ts';
import { hexOf } from '../encoding.ts';
import { bytesOf } from '../go/text.ts';
import { objectOperand, stringOperand } from '../operands.ts';
import { ALGORITHMS, type Algorithm, type VerificationKey, verificationKeys } from './keys.ts';
import {
  decodeHeader,
  decodePayloadText,
  decodeSignature,
  type Header,
  jsonObject,
  readHeader,
  saying,
  signedBytes,
  splitToken,
  type Token,
} from './token.ts';

/** Checking a signature is worth so much of the other work. */
const STEPS_PER_SIGNATURE = 1000;

/** A payload that is a token itself is taken apart in its place. */
export function decode(context: BuiltinContext, value: Value): RegoArray {
  let token = splitToken(value);
  let header = decodeHeader(token);
  let payload = decodePayloadText(token);
  stepText(context, token.parts.join('.').length);
  while (header.get('cty') === 'JWT') {
    token = splitToken(payload.replace(/^["']+|["']+$/g, ''));
    header = decodeHeader(token);
    payload = decodePayloadText(token);
  }
  const claims = jsonObject(payload);
  const signature = saying('JWT signature had invalid encoding', () => decodeSignature(token));
  return new RegoArray([header, claims, hexOf(signature)]);
}

/** io.jwt.verify_rs256 and its kind. */
export function verifyAsymmetric(cryptography: Cryptography, algorithm: Algorithm): Evaluate {
  return (context, value, key) => {
    const token = splitToken(value);
    const keys = keysOf(context, stringOperand(key, 2));
    const signature = decodeSignature(token);
    const header = readHeader(decodeHeader(token));
    return candidates(keys, header).some(
      (candidate) =>
        !(candidate.key instanceof Uint8Array) &&
        isSigned(context, cryptography, { token, signature, algorithm, key: candidate.key }),
    );
  };
}

/** A key with the header's id is the only one that counts; else all whose algorithm is the header's or open. */
function candidates(keys: readonly VerificationKey[], header: Header): readonly VerificationKey[] {
  const named = header.kid === '' ? undefined : keys.find(({ kid }) => kid === header.kid);
  return named === undefined ? keys.filter(({ alg }) => alg === '' || alg === header.alg) : [named];
}

function keysOf(context: BuiltinContext, text: string): readonly VerificationKey[] {
  const key = `jwt.keys ${text}`;
  const known = context.cache.get(key) as readonly VerificationKey[] | undefined;
  if (known !== undefined) return known;
  stepText(context, text.length);
  const keys = verificationKeys(text);
  context.cache.set(key, keys);
  return keys;
}

interface SignedToken {
  readonly token: Token;
  readonly signature: Uint8Array;
  readonly algorithm: Algorithm;
  readonly key: VerificationKey['key'];
}

function isSigned(
  context: BuiltinContext,
  cryptography: Cryptography,
  { token, signature, algorithm, key }: SignedToken,
): boolean {
  context.step(STEPS_PER_SIGNATURE);
  const data = signedBytes(token);
  if (algorithm.type === 'hmac') {
    return key instanceof Uint8Array && equalBytes(cryptography.hmac(algorithm.hash, key, data), signature);
  }
  return !(key instanceof Uint8Array) && cryptography.verify(algorithm, key, data, signature);
}

/** io.jwt.verify_hs256 and its kind. */
export function verifySymmetric(cryptography: Cryptography, hash: HashName): Evaluate {
  return (context, value, secret) => {
    stringOperand(value, 1);
    const key = bytesOf(stringOperand(secret, 2));
    const token = splitToken(value);
    const signature = decodeSignature(token);
    return isSigned(context, cryptography, { token, signature, key, algorithm: { type: 'hmac', hash } });
  };
}

interface Constraints {
  readonly keys: readonly VerificationKey[] | undefined;
  readonly secret: string;
  readonly alg: string;
  readonly iss: string;
  readonly aud: string;
  readonly timeNs: number;
}

const CONSTRAINTS: ReadonlySet<Value> = new Set(['cert', 'secret', 'alg', 'iss', 'aud', 'time']);

function readConstraints(context: BuiltinContext, options: RegoObject): Constraints {
  const unknown = options.keys.find((key) => !CONSTRAINTS.has(key));
  if (unknown !== undefined)
    throw builtinError(
      `unknown token validation constraint: ${typeof unknown === 'string' ? unknown : termText(unknown)}`,
    );
  const text = (name: string): string => {
    const value = options.get(name);
    if (value !== undefined && typeof value !== 'string') {
      throw builtinError(`${name} constraint: must be a string`);
    }
    return value ?? '';
  };
  const keys = options.has('cert') ? keysOf(context, text('cert')) : undefined;
  const constraints: Constraints = {
    keys,
    secret: text('secret'),
    alg: text('alg'),
    iss: text('iss'),
    aud: text('aud'),
    timeNs: options.has('time') ? timeOf(options.get('time') ?? null) : Number(context.nowNs),
  };
  if (keys !== undefined && constraints.secret !== '') throw builtinError('duplicate key constraints');
  if (keys === undefined && constraints.secret === '') throw builtinError('no key constraint');
  return constraints;
}

function timeOf(value: Value): number {
  if (!isNumber(value)) throw builtinError('token time constraint: must be a number');
  const time = toDouble(value);
  if (!Number.isFinite(time)) throw builtinError('token time constraint: unvalid float64');
  if (time < 0) throw builtinError('token time constraint: must not be negative');
  return time;
}

export function decodeVerify(cryptography: Cryptography): Evaluate {
  return (context, value, options) => {
    const constraints = readConstraints(context, objectOperand(options, 2));
    const unverified = new RegoArray([false, RegoObject.empty, RegoObject.empty]);
    for (let next = value; ; ) {
      const token = splitToken(next);
      const decoded = decodeHeader(token);
      const header = readHeader(decoded);
      if (!header.isValid || (constraints.alg !== '' && constraints.alg !== header.alg)) return unverified;
      if (!isTrusted(context, cryptography, { token, header, constraints })) return unverified;
      const payload = decodePayloadText(token);
      if (header.cty.toUpperCase() === 'JWT') {
        next = payload;
        continue;
      }
      const claims = jsonObject(payload);
      return hasClaims(claims, constraints) ? new RegoArray([true, decoded, claims]) : unverified;
    }
  };
}

interface TrustQuestion {
  readonly token: Token;
  readonly header: Header;
  readonly constraints: Constraints;
}

/** The algorithm is the header's, and the key must be of its kind. */
function isTrusted(
  context: BuiltinContext,
  cryptography: Cryptography,
  { token, header, constraints }: TrustQuestion,
): boolean {
  const signature = decodeSignature(token);
  const algorithm = ALGORITHMS.get(header.alg);
  if (algorithm === undefined) return false;
  const keys =
    constraints.keys === undefined
      ? [bytesOf(constraints.secret)]
      : candidates(constraints.keys, header).map(({ key }) => key);
  return keys.some((key) => isSigned(context, cryptography, { token, signature, algorithm, key }));
}

/** RFC 7519 §4.1: issuer, audience, expiration and not-before. */
function hasClaims(claims: RegoObject, constraints: Constraints): boolean {
  if (constraints.iss !== '' && claims.get('iss') !== constraints.iss) return false;
  const audience = claims.get('aud');
  if (audience === undefined ? constraints.aud !== '' : !isAudience(audience, constraints.aud)) return false;
  const now = numberFromText(String(constraints.timeNs / 1_000_000_000));
  const expires = claims.get('exp');
  if (expires !== undefined) {
    if (!isNumber(expires)) throw builtinError('exp value must be a number');
    if (compare(now, expires) >= 0) return false;
  }
  const begins = claims.get('nbf');
  if (begins === undefined) return true;
  if (!isNumber(begins)) throw builtinError('nbf value must be a number');
  return compare(now, begins) >= 0;
}

function isAudience(audience: Value, wanted: string): boolean {
  return audience === wanted || (audience instanceof RegoArray && audience.items.includes(wanted));
}
