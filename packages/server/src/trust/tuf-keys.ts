import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { messageOf } from '@waybill/core';
import { equalBytes } from '@waybill/core/bytes';
import { spkiOf } from '@waybill/core/crypto';
import { digestOf } from '@waybill/core/digest';
import { TUF_ROLES, type TufKey, type TufRole } from '@waybill/core/trust';
import { type Clock, type Seal, type Tx, writeAudit } from '../ground/index.ts';
import { trustError } from './errors.ts';
import { insertTufKey, listNewestTuf, listTufKeys, type TufKeyRow } from './queries/tuf.ts';

/** One key for each role. Private keys stay in this process. */
export type TufKeys = Readonly<Record<TufRole, TufKey>>;

/**
 * Loads the keys; makes all of them when nothing was ever signed. The caller holds the lock.
 * Throws `trust_tuf_unreadable`: clients trust no key but those that the last root names, so none is replaced.
 */
export async function openTufKeys(
  tx: Tx,
  { seal, clock }: { readonly seal: Seal; readonly clock: Clock },
): Promise<TufKeys> {
  const stored = await listTufKeys(tx);
  const isNew = stored.length === 0 && (await listNewestTuf(tx)).length === 0;
  const rows = isNew ? TUF_ROLES.map((role) => makeKey(seal, role)) : stored;
  if (isNew) await keepKeys(tx, rows, clock());
  const keyOf = (role: TufRole): readonly [TufRole, TufKey] => {
    const row = rows.find((one) => one.role === role);
    if (!row) throw trustError('trust_tuf_unreadable', `${unreadable(role)} (it is not stored). ${WHAT_NOW}`);
    return [role, openKey(seal, row)];
  };
  return Object.freeze(Object.fromEntries(TUF_ROLES.map(keyOf))) as TufKeys;
}

async function keepKeys(tx: Tx, rows: readonly TufKeyRow[], now: Date): Promise<void> {
  for (const row of rows) {
    await insertTufKey(tx, row, now);
    await writeAudit(tx, {
      orgId: null,
      actor: 'system',
      action: 'trust.make-tuf-key',
      target: `${row.role}:${digestOf(row.publicKey)}`,
      outcome: 'ok',
    });
  }
}

function makeKey(seal: Seal, role: TufRole): TufKeyRow {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const spki = spkiOf(publicKey);
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  return { role, publicKey: spki, sealedKey: seal.seal(pkcs8, purposeOf(role, spki)) };
}

function openKey(seal: Seal, { role, publicKey: spki, sealedKey }: TufKeyRow): TufKey {
  try {
    const pkcs8 = Buffer.from(seal.open(sealedKey, purposeOf(role, spki)));
    const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    const publicKey = createPublicKey(privateKey);
    if (!equalBytes(spkiOf(publicKey), spki)) {
      throw new Error('the private key does not belong to the public one');
    }
    return { privateKey, publicKey };
  } catch (cause) {
    throw trustError('trust_tuf_unreadable', `${unreadable(role)} (${messageOf(cause)}). ${WHAT_NOW}`, {
      cause,
    });
  }
}

const WHAT_NOW = 'Start with the master key and the database under which this data was created.';

function unreadable(role: TufRole): string {
  return `The TUF key of the role ${role} cannot be opened`;
}

/** A key of one role opens for no other, and with no other public key beside it. */
function purposeOf(role: TufRole, publicKey: Uint8Array): string {
  return `trust tuf ${role} ${digestOf(publicKey)}`;
}
