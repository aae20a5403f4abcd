/** io.jwt.encode_sign and io.jwt.encode_sign_raw */
import { toJson } from '../../values/json.ts';
import { MAX_TEXT_LENGTH } from '../../values/text-writer.ts';
import { RegoObject } from '../../values/value.ts';
import { type BuiltinContext, builtinError, type Evaluate, stepText } from '../builtin.ts';
import { type Cryptography, CryptographyError } from '../crypto/cryptography.ts';
import type { NamedKey } from '../crypto/keys.ts';
import { isJson, refusing, unmarshal } from '../encoding.ts';
import { encodeBase64 } from '../go/base64.ts';
import { bytesOf } from '../go/text.ts';
import { stringOperand } from '../operands.ts';
import { ALGORITHMS, namedKeys } from './keys.ts';
import { saying } from './token.ts';

const STEPS_PER_SIGNATURE = 1000;

interface Parts {
  readonly headers: string;
  readonly payload: string;
  readonly key: string;
}

export function encodeSign(cryptography: Cryptography): Evaluate {
  return (context, headers, payload, key) => {
    const style = { escapeHtml: true, maxLength: MAX_TEXT_LENGTH };
    return signToken(context, cryptography, {
      headers: toJson(headers, style),
      payload: toJson(payload, style),
      key: toJson(key, style),
    });
  };
}

export function encodeSignRaw(cryptography: Cryptography): Evaluate {
  return (context, headers, payload, key) => {
    const source = stringOperand(key, 3);
    return signToken(context, cryptography, {
      headers: stringOperand(headers, 1),
      payload: stringOperand(payload, 2),
      key: source,
    });
  };
}

function signToken(context: BuiltinContext, cryptography: Cryptography, parts: Parts): string {
  stepText(context, parts.headers.length + parts.payload.length + parts.key.length);
  context.step(STEPS_PER_SIGNATURE);
  const [key] = namedKeys(parts.key, 'failed to parse JWK');
  if (key === undefined) throw builtinError('no keys found in JWK set');
  const headers = saying("missing or invalid 'alg' header", () => parseHeaders(parts.headers));
  const name = headers.get('alg');
  if (typeof name !== 'string') {
    throw builtinError(`missing or invalid 'alg' header: jwsbb: header "alg" not found`);
  }
  if (!ALGORITHMS.has(name)) throw builtinError(`unknown JWS algorithm: ${name}`);
  const type = headers.get('typ');
  if ((typeof type !== 'string' || type === 'JWT') && !isJson(parts.payload)) {
    throw builtinError('type is JWT but payload is not JSON');
  }
  const signed = `${encoded(bytesOf(parts.headers))}.${encoded(bytesOf(parts.payload))}`;
  const signature = refusing(CryptographyError, () => sign(cryptography, name, key, bytesOf(signed)));
  return `${signed}.${encoded(signature)}`;
}

function encoded(bytes: Uint8Array): string {
  return encodeBase64(bytes, 'url', false);
}

function parseHeaders(text: string): RegoObject {
  if (text === '') throw builtinError('cannot parse JSON: cannot parse empty string');
  // OPA's reader takes any run of these for a number, and finds no fields in it.
  if (/^[\d.eE+-]+$/.test(text.trim())) return RegoObject.empty;
  const value = saying('cannot parse JSON', () => unmarshal(text));
  return value instanceof RegoObject ? value : RegoObject.empty;
}

function sign(cryptography: Cryptography, name: string, key: NamedKey, data: Uint8Array): Uint8Array {
  const algorithm = ALGORITHMS.get(name);
  if (algorithm?.type === 'hmac') {
    if (key.key instanceof Uint8Array) return cryptography.hmac(algorithm.hash, key.key, data);
    throw new CryptographyError(`${name} needs a shared secret`);
  }
  if (algorithm === undefined || key.privateKey === undefined) {
    throw new CryptographyError(`${name} needs a private key`);
  }
  return cryptography.sign(algorithm, key.privateKey, data);
}
