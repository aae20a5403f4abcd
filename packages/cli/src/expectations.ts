import path from 'node:path';
import { isCoded } from '@waybill/core';
import { publicKeyFrom } from '@waybill/core/crypto';
import { parseTrustedRoot, type TrustedRoot } from '@waybill/core/trust';
import type { Expectations } from '@waybill/core/verify';
import type { OptionSpecs } from './command.ts';
import { reach } from './connection.ts';
import { cliError } from './exit.ts';
import { readNamed } from './files.ts';
import type { Session } from './session.ts';

/** Who must have signed. */
export const EXPECTATION_OPTIONS = {
  'certificate-identity': {
    type: 'string',
    value: 'NAME',
    summary: 'Who must have signed; * stands for any text',
  },
  'certificate-oidc-issuer': {
    type: 'string',
    value: 'URL',
    summary: 'Who must have vouched for that identity; * stands for any text',
  },
  key: {
    type: 'string',
    value: 'FILE',
    summary: 'Public key that must have signed, in place of an identity',
  },
} as const satisfies OptionSpecs;

export interface ExpectationValues {
  readonly 'certificate-identity': string | undefined;
  readonly 'certificate-oidc-issuer': string | undefined;
  readonly key: string | undefined;
}

/** Null when none of the options is given. Throws `usage_…` for a part of them or for both kinds. */
export async function expectationsOf(
  session: Session,
  values: ExpectationValues,
): Promise<Expectations | null> {
  const { 'certificate-identity': subject, 'certificate-oidc-issuer': issuer, key } = values;
  if (key !== undefined) {
    if (subject === undefined && issuer === undefined)
      return { type: 'key', publicKey: await publicKeyIn(session, key) };
    throw cliError(
      'usage_invalid',
      'expect either --key or --certificate-identity with --certificate-oidc-issuer, not both',
    );
  }
  if (subject === undefined && issuer === undefined) return null;
  if (subject === undefined || issuer === undefined) {
    throw cliError(
      'usage_missing',
      '--certificate-identity and --certificate-oidc-issuer belong together: a name means nothing without who vouches for it',
    );
  }
  return { type: 'identity', issuer, subject };
}

/** A public key in a file. Throws `usage_invalid`: the key is the verifier's own, not evidence. */
export async function publicKeyIn(session: Session, file: string) {
  const pem = await readNamed(path.resolve(session.cwd, file));
  try {
    return publicKeyFrom(pem);
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw cliError('usage_invalid', `--key ${file}: ${cause.message}`, { cause });
  }
}

/** Of the file; without one the server's own, which says what the server says of itself. */
export async function trustedRootFor(session: Session, file: string | undefined): Promise<TrustedRoot> {
  if (file !== undefined) return trustedRootIn(session, file);
  const { client } = await reach(session);
  return parseTrustedRoot(await client.trustedRoot());
}

/** Throws `usage_invalid` for a file that is no trusted root: the root is the verifier's own, not evidence. */
export async function trustedRootIn(session: Session, file: string): Promise<TrustedRoot> {
  const text = await readNamed(path.resolve(session.cwd, file));
  try {
    return parseTrustedRoot(text);
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw cliError('usage_invalid', `--trusted-root ${file}: ${cause.message}`, { cause });
  }
}

/** Runs a verification: whatever it finds wrong becomes `not_verified`, and with it exit code 3. */
export async function verifying<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isCoded(cause) || cause.code === 'not_verified' || cause.code.startsWith('usage_')) throw cause;
    throw cliError('not_verified', `${what} is not verified: ${cause.message} [${cause.code}]`, { cause });
  }
}
