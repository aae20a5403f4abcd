import { type ColumnType, sql } from 'kysely';
import { type Tx, thisOrg } from '../ground/index.ts';
import type { IssuerChoice, IssuerKind } from './issuers/kinds.ts';

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
  trust_issuers: {
    org_id: string;
    issuer_url: string;
    kind: IssuerKind;
    subject_domain: string;
    trust_domain: string;
    created_at: Date;
    created_by: string;
  };
};

export interface IssuerRow extends IssuerChoice {
  readonly createdAt: Date;
  readonly createdBy: string;
}

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

/** Until the transaction ends: two organisations must not give one issuer two meanings at the same time. */
export async function lockIssuer(tx: Tx, url: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('waybill trust issuer'), hashtext(${url}))`.execute(tx);
}

const ISSUER_COLUMNS = [
  'issuer_url as url',
  'kind',
  'subject_domain as subjectDomain',
  'trust_domain as trustDomain',
  'created_at as createdAt',
  'created_by as createdBy',
] as const;

/** Of the organisation of the transaction, by URL. */
export function listIssuerRows(tx: Tx): Promise<readonly IssuerRow[]> {
  return tx
    .withTables<TrustTables>()
    .selectFrom('trust_issuers')
    .select(ISSUER_COLUMNS)
    .where('org_id', '=', thisOrg)
    .orderBy('issuer_url')
    .execute();
}

/** Of the organisation of the transaction. */
export function findIssuerRow(tx: Tx, url: string): Promise<IssuerRow | undefined> {
  return tx
    .withTables<TrustTables>()
    .selectFrom('trust_issuers')
    .select(ISSUER_COLUMNS)
    .where('org_id', '=', thisOrg)
    .where('issuer_url', '=', url)
    .executeTakeFirst();
}

/** What the issuer means on this server, whoever lists it; as system. */
export function findIssuerMeaning(tx: Tx, url: string): Promise<IssuerChoice | undefined> {
  return tx
    .withTables<TrustTables>()
    .selectFrom('trust_issuers')
    .select(['issuer_url as url', 'kind', 'subject_domain as subjectDomain', 'trust_domain as trustDomain'])
    .where('issuer_url', '=', url)
    .limit(1)
    .executeTakeFirst();
}

/** Every issuer once, whoever lists it; as system. */
export function listIssuerMeanings(tx: Tx): Promise<readonly IssuerChoice[]> {
  return tx
    .withTables<TrustTables>()
    .selectFrom('trust_issuers')
    .select(['issuer_url as url', 'kind', 'subject_domain as subjectDomain', 'trust_domain as trustDomain'])
    .distinctOn('issuer_url')
    .orderBy('issuer_url')
    .execute();
}

export async function insertIssuer(tx: Tx, orgId: string, row: IssuerRow): Promise<void> {
  await tx
    .withTables<TrustTables>()
    .insertInto('trust_issuers')
    .values({
      org_id: orgId,
      issuer_url: row.url,
      kind: row.kind,
      subject_domain: row.subjectDomain,
      trust_domain: row.trustDomain,
      created_at: row.createdAt,
      created_by: row.createdBy,
    })
    .execute();
}

/** False when there was none. */
export async function deleteIssuer(tx: Tx, url: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .withTables<TrustTables>()
    .deleteFrom('trust_issuers')
    .where('org_id', '=', thisOrg)
    .where('issuer_url', '=', url)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
