import type { TufRole } from '@waybill/core/trust';
import { sql } from 'kysely';
import type { Tx } from '../../ground/index.ts';

export interface TufKeyRow {
  readonly role: TufRole;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly sealedKey: Uint8Array;
}

export interface TufMetadataFacts {
  readonly role: TufRole;
  readonly version: number;
  readonly signedAt: Date;
  readonly expiresAt: Date;
}

export interface TufMetadataRow extends TufMetadataFacts {
  readonly bytes: Uint8Array;
}

export interface TufTargetRow {
  readonly sha256: Uint8Array;
  readonly name: string;
  readonly bytes: Uint8Array;
}

type TufTables = {
  trust_tuf_keys: { role: TufRole; public_key: Uint8Array; sealed_key: Uint8Array; created_at: Date };
  trust_tuf_metadata: {
    role: TufRole;
    version: number;
    bytes: Uint8Array;
    signed_at: Date;
    expires_at: Date;
  };
  trust_tuf_targets: { sha256: Uint8Array; name: string; bytes: Uint8Array; created_at: Date };
};

/** One writer across all processes, until the transaction ends. */
export async function lockTuf(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('waybill trust tuf'))`.execute(tx);
}

export async function listTufKeys(tx: Tx): Promise<readonly TufKeyRow[]> {
  return tx
    .withTables<TufTables>()
    .selectFrom('trust_tuf_keys')
    .select(['role', 'public_key as publicKey', 'sealed_key as sealedKey'])
    .execute();
}

export async function insertTufKey(tx: Tx, row: TufKeyRow, createdAt: Date): Promise<void> {
  await tx
    .withTables<TufTables>()
    .insertInto('trust_tuf_keys')
    .values({
      role: row.role,
      public_key: row.publicKey,
      sealed_key: row.sealedKey,
      created_at: createdAt,
    })
    .execute();
}

/** The newest version of each role that has one. */
export async function listNewestTuf(tx: Tx): Promise<readonly TufMetadataFacts[]> {
  return tx
    .withTables<TufTables>()
    .selectFrom('trust_tuf_metadata')
    .distinctOn('role')
    .select(['role', 'version', 'signed_at as signedAt', 'expires_at as expiresAt'])
    .orderBy('role')
    .orderBy('version', 'desc')
    .execute();
}

/** The given version, or the newest. */
export async function findTufMetadata(
  tx: Tx,
  { role, version }: { readonly role: TufRole; readonly version?: number },
): Promise<TufMetadataRow | undefined> {
  return tx
    .withTables<TufTables>()
    .selectFrom('trust_tuf_metadata')
    .select(['role', 'version', 'bytes', 'signed_at as signedAt', 'expires_at as expiresAt'])
    .where('role', '=', role)
    .$if(version !== undefined, (query) => query.where('version', '=', version ?? 0))
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
}

export async function insertTufMetadata(tx: Tx, row: TufMetadataRow): Promise<void> {
  await tx
    .withTables<TufTables>()
    .insertInto('trust_tuf_metadata')
    .values({
      role: row.role,
      version: row.version,
      bytes: row.bytes,
      signed_at: row.signedAt,
      expires_at: row.expiresAt,
    })
    .execute();
}

/** Removes what a newer version has replaced and what was signed before `before`. Roots stay. */
export async function pruneTuf(tx: Tx, before: Date): Promise<void> {
  await sql`
    delete from trust_tuf_metadata old
     where old.role <> 'root' and old.signed_at < ${before}
       and exists (select from trust_tuf_metadata newer
                    where newer.role = old.role and newer.version > old.version)`.execute(tx);
}

export async function findTufTarget(
  tx: Tx,
  { sha256, name }: Pick<TufTargetRow, 'sha256' | 'name'>,
): Promise<Uint8Array | undefined> {
  const row = await tx
    .withTables<TufTables>()
    .selectFrom('trust_tuf_targets')
    .select('bytes')
    .where('sha256', '=', sha256)
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.bytes;
}

/** Keeps what is there already: a hash names the same bytes for good. */
export async function insertTufTarget(tx: Tx, row: TufTargetRow, createdAt: Date): Promise<void> {
  await tx
    .withTables<TufTables>()
    .insertInto('trust_tuf_targets')
    .values({ sha256: row.sha256, name: row.name, bytes: row.bytes, created_at: createdAt })
    .onConflict((conflict) => conflict.columns(['sha256', 'name']).doNothing())
    .execute();
}
