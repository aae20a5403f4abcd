import { createPrivateKey, type KeyObject } from 'node:crypto';
import { open } from 'node:fs/promises';
import { messageOf, type Secret } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { publicKeyFrom, verifySignature } from '@waybill/core/crypto';
import { isCosignLabel, openCosignKey } from './cosign-key.ts';
import { keyError } from './errors.ts';
import { type SigningKey, signingKeyOf } from './signing-key.ts';

const MAX_BYTES = 65_536;

export interface LoadKeyOptions {
  /** For an encrypted key; else the environment variable WAYBILL_KEY_PASSWORD, COSIGN_PASSWORD or CHAINLOOP_SIGNING_PASSWORD. */
  readonly passphrase?: Secret<string> | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * The private key that `reference` names: a path, or `env://NAME` for a PEM in an environment variable.
 * PKCS#8, SEC1 or PKCS#1, encrypted or not, or a key file of cosign; ECDSA, Ed25519 or RSA. Throws `key_*`; no
 * message holds key bytes.
 */
export async function loadKey(reference: string, options: LoadKeyOptions = {}): Promise<SigningKey> {
  const env = options.env ?? process.env;
  const pem = reference.startsWith('env://')
    ? fromEnvironment(env, reference.slice('env://'.length))
    : await fromFile(reference);
  const label = labelOf(pem, reference);
  const passphrase = options.passphrase?.reveal() ?? passphraseIn(env);
  const privateKey = isCosignLabel(label)
    ? await openCosignKey(pem, reference, requirePassphrase(passphrase, reference))
    : decode(pem, reference, passphrase);
  const key = signingKeyOf(privateKey, reference);
  await checkPair(key, reference);
  return key;
}

/** The first that is set. */
const PASSPHRASES = ['WAYBILL_KEY_PASSWORD', 'COSIGN_PASSWORD', 'CHAINLOOP_SIGNING_PASSWORD'] as const;

function passphraseIn(env: Readonly<Record<string, string | undefined>>): string | undefined {
  return PASSPHRASES.map((name) => env[name]).find((value) => value !== undefined);
}

/** A file holds the public part beside the private one; where they differ, no signature would ever verify. */
async function checkPair(key: SigningKey, name: string): Promise<void> {
  const probe = utf8('waybill key check');
  let fits = false;
  let cause: unknown;
  try {
    fits = verifySignature(publicKeyFrom(key.publicKey), probe, await key.sign(probe));
  } catch (error) {
    cause = error;
  }
  if (!fits)
    throw keyError('key_unsupported', `${name}: damaged, its private and public parts do not match`, {
      cause,
    });
}

function fromEnvironment(env: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') {
    throw keyError('key_not_found', `env://${name}: the environment variable ${name} is not set or empty`);
  }
  // CI systems that allow one line only are given the line breaks as \n.
  return value.includes('\n') ? value : value.replaceAll('\\n', '\n');
}

async function fromFile(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_BYTES + 1), 0, MAX_BYTES + 1, 0);
    if (bytesRead > MAX_BYTES) throw keyError('key_unsupported', `${path}: larger than any private key`);
    return buffer.toString('utf8', 0, bytesRead);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') throw keyError('key_not_found', `${path}: no such file`, { cause });
    if (code === 'key_unsupported') throw cause;
    throw keyError('key_unreadable', `${path}: cannot be read (${messageOf(cause)})`, { cause });
  }
}

/** Throws for what cannot be a private key. */
function labelOf(pem: string, name: string): string {
  const label = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(pem)?.[1];
  if (label === undefined) {
    throw keyError('key_unsupported', `${name}: no PEM found; expected "-----BEGIN PRIVATE KEY-----"`);
  }
  if (label === 'PUBLIC KEY' || label === 'CERTIFICATE') {
    throw keyError('key_is_public', `${name}: holds a ${label.toLowerCase()}; signing needs the private key`);
  }
  return label;
}

/** cosign also encrypts with an empty passphrase; to be set it has to be all the same. */
function requirePassphrase(passphrase: string | undefined, name: string): string {
  if (passphrase !== undefined) return passphrase;
  throw keyError(
    'key_passphrase_missing',
    `${name}: encrypted; set WAYBILL_KEY_PASSWORD to its passphrase (COSIGN_PASSWORD is read as well)`,
  );
}

function decode(pem: string, name: string, passphrase: string | undefined): KeyObject {
  const encrypted = /BEGIN ENCRYPTED PRIVATE KEY|^Proc-Type: 4,ENCRYPTED/m.test(pem);
  // OpenSSL would ask the terminal for an empty one.
  if (encrypted) requirePassphrase(passphrase || undefined, name);
  try {
    return createPrivateKey({ key: pem, format: 'pem', ...(encrypted ? { passphrase } : {}) });
  } catch (cause) {
    if (encrypted) {
      throw keyError('key_passphrase_wrong', `${name}: the passphrase does not open it, or it is damaged`, {
        cause,
      });
    }
    throw keyError(
      'key_unsupported',
      `${name}: not a private key that can be read (damaged, or another form)`,
      { cause },
    );
  }
}
