import { type ColumnType, sql } from 'kysely';
import type { Tx } from '../ground/index.ts';

export type AuthorityKind = 'certificate-authority' | 'timestamp-authority';

export interface AuthorityRow {
  readonly kind: AuthorityKind;
  /** DER, signing certificate first, root last. */
  readonly chain: readonly Uint8Array[];
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly sealedKey: Uint8Array;
  readonly sealedRootKey: Uint8Array;
  readonly validFrom: Date;
  readonly validUntil: Date;
}

type TrustTables = {
  trust_authorities: {
    id: ColumnType<string, never, never>;
    kind: AuthorityKind;
    chain: readonly Uint8Array[];
    public_key: Uint8Array;
    sealed_key: Uint8Array;
    sealed_root_key: Uint8Array;
    valid_from: Date;
    valid_until: Date;
    created_at: Date;
  };
};

/** One at a time across all processes, until the transaction ends: two first starts must not make two CAs. */
export async function lockAuthorities(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('waybill trust authorities'))`.execute(tx);
}

/** Newest first. */
export async function listAuthorities(tx: Tx): Promise<readonly AuthorityRow[]> {
  return tx
    .withTables<TrustTables>()
    .selectFrom('trust_authorities')
    .select([
      'kind',
      'chain',
      'public_key as publicKey',
      'sealed_key as sealedKey',
      'sealed_root_key as sealedRootKey',
      'valid_from as validFrom',
      'valid_until as validUntil',
    ])
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute();
}

export async function insertAuthority(tx: Tx, row: AuthorityRow, createdAt: Date): Promise<void> {
  await tx
    .withTables<TrustTables>()
    .insertInto('trust_authorities')
    .values({
      kind: row.kind,
      chain: row.chain,
      public_key: row.publicKey,
      sealed_key: row.sealedKey,
      sealed_root_key: row.sealedRootKey,
      valid_from: row.validFrom,
      valid_until: row.validUntil,
      created_at: createdAt,
    })
    .execute();
}
