/**
 * The client protocol of sigstore-conformance (docs/cli_protocol.md) over our signer and our verifier. Arguments
 * come in the order of the templates; exit code 0 means success, any other failure.
 *
 *     sign-bundle [--staging] [--in-toto] --identity-token TOKEN --bundle FILE --trusted-root FILE --signing-config FILE FILE
 *     verify-bundle [--staging] --bundle FILE (--certificate-identity ID --certificate-oidc-issuer URL | --key FILE) [--trusted-root FILE] FILE_OR_DIGEST
 *
 * No public instance is asked: signing needs its two documents as files, staging needs its root as one.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readIdentityToken } from '@waybill/clients/oidc';
import { keylessSigner, servicesOf, signBundle, type ToSign } from '@waybill/clients/sigstore';
import { formatBundle, parseBundle } from '@waybill/core/bundle';
import { publicKeyFrom } from '@waybill/core/crypto';
import { isDigest } from '@waybill/core/digest';
import { IN_TOTO_PAYLOAD_TYPE } from '@waybill/core/dsse';
import { parseSigningConfig, parseTrustedRoot } from '@waybill/core/trust';
import { type Artifact, type Expectations, verifyBundle } from '@waybill/core/verify';
import { findProductionRoot } from './sigstore.ts';

const OPTIONS = {
  staging: { type: 'boolean' },
  'in-toto': { type: 'boolean' },
  'identity-token': { type: 'string' },
  bundle: { type: 'string' },
  'certificate-identity': { type: 'string' },
  'certificate-oidc-issuer': { type: 'string' },
  key: { type: 'string' },
  'trusted-root': { type: 'string' },
  'signing-config': { type: 'string' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>['values'];

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  const [command, subject = '', ...others] = positionals;
  if (subject === '' || others.length > 0) throw new Error('expected a command and one file or digest');
  if (command === 'sign-bundle') await sign(values, subject);
  else if (command === 'verify-bundle') verify(values, artifactOf(subject));
  else throw new Error(`no such command: ${command}`);
}

/** Signs, and verifies what came out. */
async function sign(values: Values, file: string): Promise<void> {
  const bytes = readFileSync(file);
  const what: ToSign = values['in-toto']
    ? { type: 'dsse', payloadType: IN_TOTO_PAYLOAD_TYPE, payload: bytes }
    : { type: 'message', bytes };
  const now = new Date();
  const config = parseSigningConfig(readFileSync(required(values, 'signing-config')));
  const trustedRoot = parseTrustedRoot(readFileSync(required(values, 'trusted-root')));
  const token = readIdentityToken(required(values, 'identity-token'), { from: '--identity-token', now });
  const services = servicesOf(config, { at: now });
  const bundle = await signBundle(services, await keylessSigner(services, token), what);
  verifyBundle(bundle, {
    trustedRoot,
    expectations: { type: 'any-trusted-signer' },
    ...(what.type === 'message' ? { artifact: bytes } : {}),
  });
  writeFileSync(required(values, 'bundle'), formatBundle(bundle));
}

function verify(values: Values, artifact: Artifact): void {
  const rootFile =
    values['trusted-root'] ?? (values.staging ? required(values, 'trusted-root') : productionRoot());
  verifyBundle(parseBundle(readFileSync(required(values, 'bundle'))), {
    trustedRoot: parseTrustedRoot(readFileSync(rootFile)),
    expectations: expectationsOf(values),
    artifact,
    now: new Date(),
  });
}

function productionRoot(): string {
  return findProductionRoot(import.meta.dirname);
}

function expectationsOf(values: Values): Expectations {
  if (values.key !== undefined)
    return { type: 'key', publicKey: publicKeyFrom(readFileSync(values.key, 'utf8')) };
  return {
    type: 'identity',
    subject: required(values, 'certificate-identity'),
    issuer: required(values, 'certificate-oidc-issuer'),
  };
}

function artifactOf(text: string): Artifact {
  const isDigestOnly = isDigest(text) && text.startsWith('sha256:') && !existsSync(text);
  return isDigestOnly ? text : readFileSync(text);
}

function required(values: Values, name: Exclude<keyof typeof OPTIONS, 'staging' | 'in-toto'>): string {
  const value = values[name];
  if (value === undefined) throw new Error(`--${name} is missing`);
  return value;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const { code, message } = error as { readonly code?: string; readonly message: string };
  console.error(code === undefined ? message : `${message} [${code}]`);
  process.exitCode = 1;
}
