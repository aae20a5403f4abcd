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
  };
};

export interface KeyRow {
  readonly name: string;
  /** SubjectPublicKeyInfo, PEM. */
  readonly publicKey: string;
  /** `sha256:<hex>` of the SubjectPublicKeyInfo in DER. */
  readonly fingerprint: string;
  readonly algorithm: string;
  readonly createdAt: Date;
}

export interface NewKey extends KeyRow {
  readonly orgId: string;
  readonly createdBy: string;
}

const on = (tx: Tx) => tx.withTables<KeyTables>();

const KEY_COLUMNS = [
  'name',
  'public_key as publicKey',
  'fingerprint',
  'algorithm',
  'created_at as createdAt',
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
    })
    .returning(KEY_COLUMNS)
    .executeTakeFirstOrThrow();
}

export async function listKeyRows(tx: Tx): Promise<readonly KeyRow[]> {
  return on(tx)
    .selectFrom('identity_keys')
    .select(KEY_COLUMNS)
    .where('org_id', '=', thisOrg)
    .orderBy('name')
    .execute();
}

export async function findKeyRow(
  tx: Tx,
  by: { readonly name: string } | { readonly fingerprint: string },
): Promise<KeyRow | undefined> {
  return on(tx)
    .selectFrom('identity_keys')
    .select(KEY_COLUMNS)
    .where('org_id', '=', thisOrg)
    .where((eb) => ('name' in by ? eb('name', '=', by.name) : eb('fingerprint', '=', by.fingerprint)))
    .executeTakeFirst();
}

/** The removed row; undefined when there is none. */
export async function deleteKey(tx: Tx, name: string): Promise<KeyRow | undefined> {
  return on(tx)
    .deleteFrom('identity_keys')
    .where('org_id', '=', thisOrg)
    .where('name', '=', name)
    .returning(KEY_COLUMNS)
    .executeTakeFirst();
}
