import { createPrivateKey, createPublicKey } from 'node:crypto';
import path from 'node:path';
import { cliError } from './exit.ts';
import { readNamed } from './files.ts';
import type { Session } from './session.ts';

/** Only ever a public key leaves this machine: a private one is refused, not converted. Throws `usage_invalid`. */
export async function publicPemIn(session: Session, file: string): Promise<string> {
  const pem = await readNamed(path.resolve(session.cwd, file));
  if (isPrivate(pem)) {
    throw cliError(
      'usage_invalid',
      `${file} is a private key: name its public half (openssl pkey -in ${file} -pubout)`,
    );
  }
  try {
    return createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
  } catch (cause) {
    throw cliError('usage_invalid', `${file} is not a public key in PEM (-----BEGIN PUBLIC KEY-----)`, {
      cause,
    });
  }
}

function isPrivate(pem: string): boolean {
  if (/PRIVATE KEY-----/.test(pem)) return true;
  try {
    createPrivateKey(pem);
    return true;
  } catch {
    // What does not parse as a private key cannot be one.
    return false;
  }
}
