/** JSON Web Tokens taken apart: RFC 7519 §7.2. */
import { RegoArray, RegoObject, type Value } from '../../values/value.ts';
import { BuiltinError, builtinError } from '../builtin.ts';
import { decodeUrlSafe, unmarshal } from '../encoding.ts';
import { bytesOf } from '../go/text.ts';
import { stringOperand } from '../operands.ts';

export interface Token {
  /** The three parts as they stand in the token. */
  readonly parts: readonly [header: string, payload: string, signature: string];
}

export function splitToken(value: Value): Token {
  const text = stringOperand(value, 1);
  if (!text.includes('.')) throw builtinError('encoded JWT had no period separators');
  const parts = text.split('.');
  const [header, payload, signature] = parts;
  if (parts.length !== 3 || header === undefined || payload === undefined || signature === undefined) {
    throw builtinError(`encoded JWT must have 3 sections, found ${parts.length}`);
  }
  return { parts: [header, payload, signature] };
}

/** What is signed. */
export function signedBytes({ parts: [header, payload] }: Token): Uint8Array {
  return bytesOf(`${header}.${payload}`);
}

export function decodeSignature({ parts }: Token): Uint8Array {
  return bytesOf(decodeUrlSafe(parts[2]));
}

export function decodeHeader({ parts }: Token): RegoObject {
  const text = saying('JWT header had invalid encoding', () => decodeUrlSafe(parts[0]));
  const header = saying('bad JWT header', () => jsonObject(text));
  if (header.has('enc')) throw builtinError('JWT is a JWE object, which is not supported');
  return header;
}

export function decodePayloadText({ parts }: Token): string {
  return saying('JWT payload had invalid encoding', () => decodeUrlSafe(parts[1]));
}

export function jsonObject(text: string): RegoObject {
  const value = saying('invalid JSON', () => unmarshal(text));
  if (value instanceof RegoObject) return value;
  throw builtinError('decoded JSON type was not an Object');
}

/** Puts words before the message of a failure. */
export function saying<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof BuiltinError) throw builtinError(`${what}: ${error.message}`);
    throw error;
  }
}

/** The header fields that have a meaning here. */
export interface Header {
  readonly alg: string;
  readonly kid: string;
  readonly cty: string;
  /** RFC 7515 §4.1: an algorithm is named, and no critical field is one that is not known. */
  readonly isValid: boolean;
}

const TEXT_FIELDS = ['alg', 'kid', 'typ', 'cty'];

export function readHeader(header: RegoObject): Header {
  for (const name of TEXT_FIELDS) {
    const value = header.get(name);
    if (value !== undefined && typeof value !== 'string') throw builtinError(`${name}: must be a string`);
  }
  const textOf = (name: string): string => {
    const value = header.get(name);
    return typeof value === 'string' ? value : '';
  };
  const critical = criticalFields(header.get('crit'));
  const unknown = header.keys.filter(
    (key) => key !== 'crit' && !(typeof key === 'string' && TEXT_FIELDS.includes(key)),
  );
  return {
    alg: textOf('alg'),
    kid: textOf('kid'),
    cty: textOf('cty'),
    isValid: textOf('alg') !== '' && !unknown.some((key) => critical.has(key)),
  };
}

function criticalFields(value: Value | undefined): ReadonlySet<Value> {
  if (value === undefined) return new Set();
  if (!(value instanceof RegoArray)) throw builtinError('crit: must be a list');
  const names = value.items.filter((item) => typeof item === 'string');
  if (names.length === 0) throw builtinError('crit: must be a nonempty list');
  return new Set(names);
}
