/** Registered public keys. */
import type { ColumnType } from 'kysely';
import { type Tx, thisOrg } from '../../ground/index.ts';

type KeyTables = {
  identity_keys: {
    id: ColumnType<string, string | undefined, never>;
    org_id: string;
    name: string;
    public_key: string;
    fingerprint: string;
    algorithm: string;
    created_at: Date;
    created_by: string;
    reference: string | null;
    valid_until: ColumnType<Date | null, undefined, Date>;
    revoked_at: ColumnType<Date | null, undefined, Date>;
    revocation: ColumnType<Revocation | null, undefined, Revocation>;
    compromised_since: ColumnType<Date | null, undefined, Date | null>;
  };
};

export type Revocation = 'retired' | 'compromised';

export interface NewKey {
  readonly name: string;
  /** SubjectPublicKeyInfo, PEM. */
  readonly publicKey: string;
  /** `sha256:<hex>` of the SubjectPublicKeyInfo in DER. */
  readonly fingerprint: string;
  readonly algorithm: string;
  readonly createdAt: Date;
  /** Where a key service keeps its private half: `awskms:///…`. */
  readonly reference: string | null;
  readonly orgId: string;
  readonly createdBy: string;
}

export interface KeyRow extends Omit<NewKey, 'orgId' | 'createdBy'> {
  /** Of a key that has a successor: until then both count. */
  readonly validUntil: Date | null;
  readonly revokedAt: Date | null;
  readonly revocation: Revocation | null;
  /** Of a compromised key: what was signed before still counts; null: nothing does. */
  readonly compromisedSince: Date | null;
}

const on = (tx: Tx) => tx.withTables<KeyTables>();

const KEY_COLUMNS = [
  'name',
  'public_key as publicKey',
  'fingerprint',
  'algorithm',
  'created_at as createdAt',
  'reference',
  'valid_until as validUntil',
  'revoked_at as revokedAt',
  'revocation',
  'compromised_since as compromisedSince',
] as const;

export async function insertKey(tx: Tx, key: NewKey): Promise<KeyRow> {
  return on(tx)
    .insertInto('identity_keys')
    .values({
      org_id: key.orgId,
      name: key.name,
      public_key: key.publicKey,
      fingerprint: key.fingerprint,
      algorithm: key.algorithm,
      created_at: key.createdAt,
      created_by: key.createdBy,
      reference: key.reference,
    })
    .returning(KEY_COLUMNS)
    .executeTakeFirstOrThrow();
}

/** By name, the one that counts longest first. */
export async function listKeyRows(tx: Tx): Promise<readonly KeyRow[]> {
  return on(tx)
    .selectFrom('identity_keys')
    .select(KEY_COLUMNS)
    .where('org_id', '=', thisOrg)
    .orderBy('name')
    .orderBy('valid_until', (order) => order.desc().nullsFirst())
    .orderBy('created_at', 'desc')
    .execute();
}

/** The live key of a name or reference, or the key of a fingerprint, live or not. */
export async function findKeyRow(
  tx: Tx,
  by: { readonly name: string } | { readonly fingerprint: string } | { readonly reference: string },
): Promise<KeyRow | undefined> {
  const rows = on(tx).selectFrom('identity_keys').select(KEY_COLUMNS).where('org_id', '=', thisOrg);
  if ('fingerprint' in by) return rows.where('fingerprint', '=', by.fingerprint).executeTakeFirst();
  const live = rows.where('valid_until', 'is', null).where('revoked_at', 'is', null);
  return 'name' in by
    ? live.where('name', '=', by.name).executeTakeFirst()
    : live.where('reference', '=', by.reference).executeTakeFirst();
}

/** The rows of a name that are not revoked go; what was revoked stays, as gates go by it. */
export async function deleteKeys(tx: Tx, name: string): Promise<readonly KeyRow[]> {
  return on(tx)
    .deleteFrom('identity_keys')
    .where('org_id', '=', thisOrg)
    .where('name', '=', name)
    .where('revoked_at', 'is', null)
    .returning(KEY_COLUMNS)
    .execute();
}

export async function setValidUntil(tx: Tx, fingerprint: string, validUntil: Date): Promise<void> {
  await on(tx)
    .updateTable('identity_keys')
    .set({ valid_until: validUntil })
    .where('org_id', '=', thisOrg)
    .where('fingerprint', '=', fingerprint)
    .execute();
}

export async function setRevoked(
  tx: Tx,
  fingerprint: string,
  end: { readonly at: Date; readonly revocation: Revocation; readonly since: Date | null },
): Promise<KeyRow> {
  return on(tx)
    .updateTable('identity_keys')
    .set({ revoked_at: end.at, revocation: end.revocation, compromised_since: end.since })
    .where('org_id', '=', thisOrg)
    .where('fingerprint', '=', fingerprint)
    .returning(KEY_COLUMNS)
    .executeTakeFirstOrThrow();
}
