/** crypto.md5, crypto.sha1, crypto.sha256 and crypto.hmac.* */
import { type BuiltinGroup, type Evaluate, functions, stepText } from '../builtin.ts';
import { hexOf } from '../encoding.ts';
import { bytesOf } from '../go/text.ts';
import { stringOperand } from '../operands.ts';
import { type Cryptography, equalBytes, type HashName } from './cryptography.ts';

export function hashBuiltins(cryptography: Cryptography): BuiltinGroup {
  const digest =
    (hash: HashName): Evaluate =>
    (context, data) => {
      const text = stringOperand(data, 1);
      stepText(context, text.length);
      return hexOf(cryptography.digest(hash, bytesOf(text)));
    };
  const hmac =
    (hash: HashName): Evaluate =>
    (context, data, key) => {
      const [text, secret] = [stringOperand(data, 1), stringOperand(key, 2)];
      stepText(context, text.length + secret.length);
      return hexOf(cryptography.hmac(hash, bytesOf(secret), bytesOf(text)));
    };
  return functions({
    'crypto.md5': digest('md5'),
    'crypto.sha1': digest('sha1'),
    'crypto.sha256': digest('sha256'),
    'crypto.hmac.md5': hmac('md5'),
    'crypto.hmac.sha1': hmac('sha1'),
    'crypto.hmac.sha256': hmac('sha256'),
    'crypto.hmac.sha512': hmac('sha512'),
    'crypto.hmac.equal': (_context, a, b) =>
      equalBytes(bytesOf(stringOperand(a, 1)), bytesOf(stringOperand(b, 2))),
  });
}
