import path from 'node:path';
import type { Signer, ToSign, TrustServices } from '@waybill/clients/sigstore';
import { isCoded } from '@waybill/core';
import { type Bundle, formatBundle, parseBundle } from '@waybill/core/bundle';
import { publicKeyFrom } from '@waybill/core/crypto';
import { parseSigningConfig, type TrustedRoot } from '@waybill/core/trust';
import { type Verified, type VerifiedContent, verifyBundle } from '@waybill/core/verify';
import type { OptionSpecs } from './command.ts';
import { reach } from './connection.ts';
import { cliError } from './exit.ts';
import { trustedRootFor, verifying } from './expectations.ts';
import { readNamed } from './files.ts';
import type { Session } from './session.ts';
import { identityOf } from './signing-identity.ts';

/** Who signs, and with which services. */
export const SIGNING_OPTIONS = {
  key: {
    type: 'string',
    value: 'KEY',
    summary: "Sign with this key (FILE, also cosign's, or env://NAME) in place of a certificate",
  },
  'identity-token': {
    type: 'string',
    value: 'TOKEN|FILE',
    summary: 'Identity token to sign keyless with; without one that of the CI system, or of a workflow',
  },
  project: { type: 'string', value: 'NAME', summary: 'Sign as a workflow of this project, by the API token' },
  workflow: { type: 'string', value: 'NAME', summary: 'Sign as this workflow' },
  'signing-config': {
    type: 'string',
    value: 'FILE',
    summary: "Services to sign with; without it the server's own. Needs --trusted-root",
  },
  'trusted-root': {
    type: 'string',
    value: 'FILE',
    summary: "What the finished bundle must verify against; without it the server's own",
  },
} as const satisfies OptionSpecs;

export type SigningValues = { readonly [K in keyof typeof SIGNING_OPTIONS]: string | undefined };

export interface Signing {
  readonly services: TrustServices;
  readonly signer: Signer;
  readonly trustedRoot: TrustedRoot;
}

/** What `sign` made, as it is written, and what it proves. */
export interface SignedBundle {
  readonly text: string;
  readonly proven: Verified<VerifiedContent>;
}

/** Services, trusted root and signer; asks for a certificate where one is needed. Throws `usage_…`, `cli_…`, `sigstore_…`. */
export async function openSigning(session: Session, values: SigningValues): Promise<Signing> {
  const { servicesOf, keySigner, keylessSigner } = await import('@waybill/clients/sigstore');
  if (
    values.key !== undefined &&
    (values['identity-token'] ?? values.project ?? values.workflow) !== undefined
  ) {
    throw cliError('usage_invalid', 'sign either with --key or keyless, not both');
  }
  const { signingConfig, trustedRoot } = await trustOf(session, values);
  const services = servicesOf(signingConfig, { at: new Date(), fetch: session.fetch });
  if (values.key === undefined) {
    const signer = await keylessSigner(services, await identityOf(session, values));
    return { services, signer, trustedRoot };
  }
  const { loadKey } = await import('@waybill/clients/keys');
  const file = values.key.startsWith('env://') ? values.key : path.resolve(session.cwd, values.key);
  const signer = keySigner(await loadKey(file, { env: session.env }));
  return { services, signer, trustedRoot };
}

/** A root of one place and services of another would be a bundle that nobody can verify: both from files, or none. */
async function trustOf(session: Session, values: SigningValues) {
  const { 'signing-config': configFile, 'trusted-root': rootFile } = values;
  if (configFile !== undefined && rootFile === undefined) {
    throw cliError('usage_missing', '--signing-config needs --trusted-root: who vouches for those services?');
  }
  const { client } = await reach(session);
  const [signingConfig, trustedRoot] = await Promise.all([
    configFile === undefined
      ? client.signingConfig().then((text) => parseSigningConfig(text))
      : signingConfigIn(session, configFile),
    trustedRootFor(session, rootFile),
  ]);
  return { signingConfig, trustedRoot };
}

async function signingConfigIn(session: Session, file: string) {
  const text = await readNamed(path.resolve(session.cwd, file));
  try {
    return parseSigningConfig(text);
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw cliError('usage_invalid', `--signing-config ${file}: ${cause.message}`, { cause });
  }
}

/** Signs, and verifies what came out: no bundle leaves that others would refuse. Throws `sigstore_…`, `not_verified`. */
export async function signAndVerify(signing: Signing, what: ToSign): Promise<SignedBundle> {
  const { signBundle } = await import('@waybill/clients/sigstore');
  const text = formatBundle(await signBundle(signing.services, signing.signer, what));
  const proven = await verifying('the finished bundle', () => verifyOwn(parseBundle(text), signing, what));
  return { text, proven };
}

function verifyOwn(bundle: Bundle, { signer, services, trustedRoot }: Signing, what: ToSign) {
  const { key, material } = signer;
  return verifyBundle(bundle, {
    trustedRoot,
    expectations:
      material.type === 'public-key'
        ? { type: 'key', publicKey: publicKeyFrom(key.publicKey) }
        : { type: 'any-trusted-signer' },
    now: new Date(),
    requireTlog: services.logs.length > 0,
    ...(services.timestamps.length > 0 && { timestampThreshold: 1 }),
    ...(what.type === 'message' && { artifact: what.bytes }),
  });
}
