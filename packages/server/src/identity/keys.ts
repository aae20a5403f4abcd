import { type CodedError, isCoded } from '@waybill/core';
import { hashFor, type KeyObject, publicKeyFrom, spkiOf } from '@waybill/core/crypto';
import { digestOf } from '@waybill/core/digest';
import type { Tx } from '../ground/index.ts';
import { auditChange, auditRefusal } from './audit-change.ts';
import { authorize } from './authorize.ts';
import type { IdentityDeps } from './deps.ts';
import { type IdentityCode, identityError } from './errors.ts';
import { parseName } from './name.ts';
import { actorOf, type Principal } from './principal.ts';
import { deleteKeys, findKeyRow, insertKey, type KeyRow, listKeyRows } from './queries/keys.ts';
import { lockOrganization } from './queries.ts';

const publicKeyPem =
  /^-----BEGIN PUBLIC KEY-----\r?\n(?:[A-Za-z0-9+/=]{1,76}\r?\n)+-----END PUBLIC KEY-----$/;

/**
 * Registers a public key that contracts may name as signer. Throws `identity_key_invalid`, `identity_key_exists`
 * (name or key taken), `identity_name_invalid`, `identity_forbidden`.
 */
export async function addKey(
  deps: IdentityDeps,
  principal: Principal,
  input: {
    readonly name: string;
    readonly publicKey: string;
    readonly reference?: string | undefined;
    readonly requestId?: string | undefined;
  },
): Promise<KeyRow> {
  const attempt = { principal, action: 'identity.add-key', requestId: input.requestId };
  const name = parseName(input.name, 'key name');
  await auditRefusal(deps, attempt, `key:${name}`, async () => authorize(principal, 'write-key'));
  const key = parseNewKey(input);
  return deps.db.withOrg(principal.orgId, async (tx) => {
    await lockOrganization(tx);
    await checkFree(tx, { name, ...key });
    const row = await insertKey(tx, {
      ...key,
      name,
      orgId: principal.orgId,
      createdAt: deps.clock(),
      createdBy: actorOf(principal),
    });
    await auditChange(tx, attempt, `key:${name}`, {
      fingerprint: key.fingerprint,
      algorithm: key.algorithm,
    });
    return row;
  });
}

/** The organisation's registered keys by name. Throws `identity_forbidden`. */
export async function listKeys(deps: IdentityDeps, principal: Principal): Promise<readonly KeyRow[]> {
  authorize(principal, 'read');
  return deps.db.withOrg(principal.orgId, listKeyRows);
}

/**
 * Signatures by a removed key no longer count as its name's; one that was revoked stays on record. Throws
 * `identity_key_not_found`, `identity_forbidden`.
 */
export async function removeKey(
  deps: IdentityDeps,
  principal: Principal,
  input: { readonly name: string; readonly requestId?: string | undefined },
): Promise<void> {
  const attempt = { principal, action: 'identity.remove-key', requestId: input.requestId };
  const target = `key:${input.name.slice(0, 63)}`;
  await auditRefusal(deps, attempt, target, async () => authorize(principal, 'write-key'));
  await deps.db.withOrg(principal.orgId, async (tx) => {
    const removed = await deleteKeys(tx, input.name);
    if (removed.length === 0) throw noSuchKey(input.name);
    for (const { name, fingerprint } of removed) {
      await auditChange(tx, attempt, `key:${name}`, { fingerprint });
    }
  });
}

export function noSuchKey(name: string): CodedError<IdentityCode> {
  const shown = JSON.stringify(name.slice(0, 160));
  return identityError(
    'identity_key_not_found',
    `No key named ${shown} that is not revoked: \`waybill key list\` shows them.`,
  );
}

/** The live key of that name in the organisation of the transaction. */
export function findKey(tx: Tx, name: string): Promise<KeyRow | undefined> {
  return findKeyRow(tx, { name });
}

/** The key with that fingerprint (`sha256:<hex>` of its SubjectPublicKeyInfo) in the organisation of the transaction. */
export function findKeyByFingerprint(tx: Tx, fingerprint: string): Promise<KeyRow | undefined> {
  return findKeyRow(tx, { fingerprint });
}

/** Those found to be compromised. */
export async function compromisedKeysOf(tx: Tx): Promise<readonly KeyRow[]> {
  return (await listKeyRows(tx)).filter(({ revocation }) => revocation === 'compromised');
}

/** Every registered key of the organisation of the transaction. */
export function keysOf(tx: Tx): Promise<readonly KeyRow[]> {
  return listKeyRows(tx);
}

/** Throws `identity_key_invalid` for all that is not one public key which the verifier can use. */
export function parsePublicKey(pem: string): Pick<KeyRow, 'publicKey' | 'fingerprint' | 'algorithm'> {
  const text = pem.trim();
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text)) {
    throw invalid(
      'this is a private key: it must not leave its owner, treat it as exposed. Send the public key',
    );
  }
  // Node reads certificates and keys in other forms too; only what is checked here is ever stored.
  if (!publicKeyPem.test(text)) throw invalid('expected exactly one PEM block "-----BEGIN PUBLIC KEY-----"');
  const key = readKey(text);
  const spki = spkiOf(key);
  return {
    publicKey: key.export({ format: 'pem', type: 'spki' }).toString(),
    fingerprint: digestOf(spki),
    algorithm: algorithmOf(key),
  };
}

function readKey(pem: string): KeyObject {
  try {
    const key = publicKeyFrom(pem);
    hashFor(key);
    return key;
  } catch (cause) {
    throw invalid(isCoded(cause) ? cause.message : 'not a public key', cause);
  }
}

function algorithmOf(key: KeyObject): string {
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === 'ec') return `ecdsa ${details?.namedCurve}`;
  if (key.asymmetricKeyType !== 'rsa') return String(key.asymmetricKeyType);
  const bits = details?.modulusLength ?? 0;
  if (bits < 2048 || bits > 4096) throw invalid(`RSA with ${bits} bits: expected 2048 to 4096`);
  return `rsa ${bits}`;
}

/** Throws `identity_key_exists`. */
export async function checkFree(
  tx: Tx,
  key: { readonly name: string; readonly fingerprint: string; readonly reference: string | null },
): Promise<void> {
  const byName = await findKeyRow(tx, { name: key.name });
  if (byName) {
    throw identityError(
      'identity_key_exists',
      `A key named "${key.name}" is registered (${byName.fingerprint}). Rotate it, remove it first, or choose another name.`,
    );
  }
  // Two names for one key would make "signed by" ambiguous; and one that was revoked must not come back.
  const byKey = await findKeyRow(tx, { fingerprint: key.fingerprint });
  if (byKey) {
    throw identityError(
      'identity_key_exists',
      `This key is registered already, under the name "${byKey.name}"${byKey.revocation === null ? '' : `, and was revoked as ${byKey.revocation}`}.`,
    );
  }
  const byReference = key.reference === null ? undefined : await findKeyRow(tx, { reference: key.reference });
  if (byReference) {
    throw identityError(
      'identity_key_exists',
      `The reference ${key.reference} is that of the key "${byReference.name}".`,
    );
  }
}

// As cosign writes them. Nothing is asked there: to the server it is one more name of a public key.
const REFERENCE =
  /^(?:(?:awskms|gcpkms|azurekms|hashivault|openbao|k8s|gitlab):\/\/|pkcs11:)[\x21-\x29\x2b-\x7e]{1,500}$/;

/** What is registered of a key. Throws `identity_key_invalid`. */
export function parseNewKey(input: {
  readonly publicKey: string;
  readonly reference?: string | undefined;
}): ReturnType<typeof parsePublicKey> & Pick<KeyRow, 'reference'> {
  const { reference = null } = input;
  if (reference !== null && !REFERENCE.test(reference)) {
    throw identityError(
      'identity_key_invalid',
      `reference: expected that of a key service, such as awskms:///arn:aws:kms:… or gcpkms://projects/…, found ${JSON.stringify(reference.slice(0, 100))}`,
    );
  }
  return { ...parsePublicKey(input.publicKey), reference };
}

function invalid(reason: string, cause?: unknown): CodedError<IdentityCode> {
  return identityError(
    'identity_key_invalid',
    `publicKey: ${reason}. Take the output of \`openssl pkey -in key.pem -pubout\` (ECDSA P-256, P-384, P-521, Ed25519 or RSA).`,
    { cause },
  );
}
