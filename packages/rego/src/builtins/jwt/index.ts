/** io.jwt.*: the group of JSON Web Tokens. */
import { type BuiltinGroup, functions } from '../builtin.ts';
import type { Cryptography } from '../crypto/cryptography.ts';
import { ALGORITHMS } from './keys.ts';
import { encodeSign, encodeSignRaw } from './sign.ts';
import { decode, decodeVerify, verifyAsymmetric, verifySymmetric } from './verify.ts';

export function jwtBuiltins(cryptography: Cryptography): BuiltinGroup {
  const verifiers = Array.from(ALGORITHMS, ([name, algorithm]) => [
    `io.jwt.verify_${name.toLowerCase()}`,
    algorithm.type === 'hmac'
      ? verifySymmetric(cryptography, algorithm.hash)
      : verifyAsymmetric(cryptography, algorithm),
  ]);
  return functions({
    ...Object.fromEntries(verifiers),
    'io.jwt.decode': decode,
    'io.jwt.decode_verify': decodeVerify(cryptography),
    'io.jwt.encode_sign': encodeSign(cryptography),
    'io.jwt.encode_sign_raw': encodeSignRaw(cryptography),
  });
}
