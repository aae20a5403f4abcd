import { type ColumnType, type JSONColumnType, type Selectable, sql } from 'kysely';
import { type Tx, thisOrg } from '../ground/index.ts';
import type { Role, Scope } from './principal.ts';
import type { PipelineCi } from './queries/trusts.ts';

type Assigned<T> = ColumnType<T, T | undefined, never>;

/** A type and not an interface: Kysely wants an index signature, which only a type has. */
export type IdentityTables = {
  identity_organizations: { org_id: Assigned<string>; name: string; created_at: Date };
  identity_tokens: {
    id: Assigned<string>;
    org_id: string;
    name: string;
    /** Null for a trusted pipeline, which has no secret. */
    hash: Uint8Array | null;
    role: Role;
    project: string | null;
    workflow: string | null;
    created_at: Date;
    created_by: string;
    expires_at: Date | null;
    revoked_at: ColumnType<Date | null, undefined, Date>;
    last_used_at: ColumnType<Date | null, undefined, Date>;
    replaced_at: ColumnType<Date | null, undefined, Date>;
    trust_issuer: ColumnType<string | null, string | undefined, never>;
    trust_subject: ColumnType<string | null, string | undefined, never>;
    trust_audience: ColumnType<string | null, string | undefined, never>;
    trust_claims: JSONColumnType<TrustClaims | null, string | undefined, never>;
    trust_ci: ColumnType<PipelineCi | null, PipelineCi | null | undefined, never>;
  };
  identity_signing_keys: { kid: string; public_key: Uint8Array; sealed: Uint8Array; created_at: Date };
  identity_issuers: { issuer: string; adopted_at: Date };
};

/** Claim by claim the pattern of its value. */
export type TrustClaims = Readonly<Record<string, string>>;

/** Named one by one here and everywhere: a kept statement with `*` fails once a migration adds a column. */
export const TOKEN_COLUMNS = [
  'identity_tokens.id',
  'identity_tokens.org_id',
  'identity_tokens.name',
  'identity_tokens.role',
  'identity_tokens.project',
  'identity_tokens.workflow',
  'identity_tokens.created_at',
  'identity_tokens.expires_at',
  'identity_tokens.revoked_at',
  'identity_tokens.last_used_at',
  'identity_tokens.replaced_at',
  'identity_tokens.trust_issuer',
] as const;

export interface WorkflowName {
  readonly project: string;
  readonly workflow: string;
}

export interface TokenRow {
  readonly id: string;
  readonly orgId: string;
  readonly name: string;
  readonly role: Role;
  readonly scope: Scope;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
  /** A robot account that was rotated: its successor has the name from then on. */
  readonly replacedAt: Date | null;
  /** Of a trusted pipeline: who vouches for it, in place of a secret. */
  readonly trustIssuer: string | null;
}

/** A token as it is looked up at the door: with its hash and the name of its organisation. */
export interface CredentialRow extends TokenRow {
  readonly hash: Uint8Array | null;
  readonly orgName: string;
}

export interface NewToken {
  readonly orgId: string;
  readonly name: string;
  readonly hash: Uint8Array;
  readonly role: Role;
  readonly scope: Scope;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly expiresAt: Date | null;
}

export interface SigningKeyRow {
  readonly kid: string;
  readonly sealed: Uint8Array;
}

const on = (tx: Tx) => tx.withTables<IdentityTables>();

/** One at a time across all processes: first start, issuer and signing key. Held until the transaction ends. */
export async function lockFirstStart(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('waybill identity first start'))`.execute(tx);
}

export async function findOrganization(tx: Tx, name: string): Promise<{ orgId: string } | undefined> {
  return on(tx)
    .selectFrom('identity_organizations')
    .select('org_id as orgId')
    .where('name', '=', name)
    .executeTakeFirst();
}

export async function insertOrganization(tx: Tx, name: string, createdAt: Date): Promise<{ orgId: string }> {
  return on(tx)
    .insertInto('identity_organizations')
    .values({ name, created_at: createdAt })
    .returning('org_id as orgId')
    .executeTakeFirstOrThrow();
}

/** Makes changes to the organisation's tokens wait for each other: "the last owner" needs a stable count. */
export async function lockOrganization(tx: Tx): Promise<void> {
  await on(tx)
    .selectFrom('identity_organizations')
    .select('org_id')
    .where('org_id', '=', thisOrg)
    .forUpdate()
    .execute();
}

export async function insertToken(tx: Tx, token: NewToken): Promise<TokenRow> {
  const row = await on(tx)
    .insertInto('identity_tokens')
    .values({
      org_id: token.orgId,
      name: token.name,
      hash: token.hash,
      role: token.role,
      project: token.scope.type === 'organization' ? null : token.scope.project,
      workflow: token.scope.type === 'workflow' ? token.scope.workflow : null,
      created_at: token.createdAt,
      created_by: token.createdBy,
      expires_at: token.expiresAt,
    })
    .returning(TOKEN_COLUMNS)
    .executeTakeFirstOrThrow();
  return tokenRow(row);
}

export async function listTokenRows(tx: Tx): Promise<readonly TokenRow[]> {
  const rows = await on(tx)
    .selectFrom('identity_tokens')
    .select(TOKEN_COLUMNS)
    .where('org_id', '=', thisOrg)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute();
  return rows.map(tokenRow);
}

export async function findToken(tx: Tx, id: string): Promise<TokenRow | undefined> {
  const row = await on(tx)
    .selectFrom('identity_tokens')
    .select(TOKEN_COLUMNS)
    .where('org_id', '=', thisOrg)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && tokenRow(row);
}

/** The token that has the name: of the whole organisation, or among the robot accounts of the workflow. */
export async function findLiveTokenByName(
  tx: Tx,
  name: string,
  workflow: WorkflowName | null = null,
): Promise<TokenRow | undefined> {
  const live = on(tx)
    .selectFrom('identity_tokens')
    .select(TOKEN_COLUMNS)
    .where('org_id', '=', thisOrg)
    .where('name', '=', name)
    .where('revoked_at', 'is', null);
  const row = await (workflow === null
    ? live.where('role', '<>', 'robot')
    : live
        .where('role', '=', 'robot')
        .where('replaced_at', 'is', null)
        .where('project', '=', workflow.project)
        .where('workflow', '=', workflow.workflow)
  ).executeTakeFirst();
  return row && tokenRow(row);
}

/** Those with a secret, of one workflow, newest first, revoked ones too. */
export async function listRobotRows(tx: Tx, workflow: WorkflowName): Promise<readonly TokenRow[]> {
  const rows = await on(tx)
    .selectFrom('identity_tokens')
    .select(TOKEN_COLUMNS)
    .where('org_id', '=', thisOrg)
    .where('role', '=', 'robot')
    .where('trust_issuer', 'is', null)
    .where('project', '=', workflow.project)
    .where('workflow', '=', workflow.workflow)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute();
  return rows.map(tokenRow);
}

/** Names of whatever may still act for this workflow alone: tokens, robot accounts, trusted pipelines. */
export async function findWaysInto(tx: Tx, workflow: WorkflowName, now: Date): Promise<readonly string[]> {
  const rows = await on(tx)
    .selectFrom('identity_tokens')
    .select('name')
    .where('org_id', '=', thisOrg)
    .where('project', '=', workflow.project)
    .where('workflow', '=', workflow.workflow)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .orderBy('name')
    .execute();
  return rows.map(({ name }) => name);
}

/** Leaves the name to a successor, and ends no later than `expiresAt`. */
export async function markReplaced(
  tx: Tx,
  id: string,
  when: { readonly replacedAt: Date; readonly expiresAt: Date },
): Promise<void> {
  await on(tx)
    .updateTable('identity_tokens')
    .set({ replaced_at: when.replacedAt, expires_at: when.expiresAt })
    .where('org_id', '=', thisOrg)
    .where('id', '=', id)
    .execute();
}

/** Owner tokens over the whole organisation that neither are revoked nor expire. */
export async function countLastingOwners(tx: Tx): Promise<number> {
  const { count } = await on(tx)
    .selectFrom('identity_tokens')
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .where('org_id', '=', thisOrg)
    .where('role', '=', 'owner')
    .where('project', 'is', null)
    .where('revoked_at', 'is', null)
    .where('expires_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function markRevoked(tx: Tx, id: string, revokedAt: Date): Promise<void> {
  await on(tx)
    .updateTable('identity_tokens')
    .set({ revoked_at: revokedAt })
    .where('org_id', '=', thisOrg)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .execute();
}

/** Moves the time of last use forward; never back. */
export async function markUsed(tx: Tx, id: string, usedAt: Date): Promise<void> {
  await on(tx)
    .updateTable('identity_tokens')
    .set({ last_used_at: usedAt })
    .where('org_id', '=', thisOrg)
    .where('id', '=', id)
    .where((eb) => eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<', usedAt)]))
    .execute();
}

/** As system: a credential names its organisation, not the other way round. In no order. */
export async function findCredentials(
  tx: Tx,
  by: { readonly hashes: readonly Uint8Array[] } | { readonly ids: readonly string[] },
): Promise<readonly CredentialRow[]> {
  const rows = await on(tx)
    .selectFrom('identity_tokens')
    .innerJoin('identity_organizations', 'identity_organizations.org_id', 'identity_tokens.org_id')
    .select(TOKEN_COLUMNS)
    .select('identity_tokens.hash')
    .select('identity_organizations.name as orgName')
    .where(
      'hashes' in by
        ? sql<boolean>`identity_tokens.hash = any(${by.hashes.map((hash) => Buffer.from(hash))}::bytea[])`
        : sql<boolean>`identity_tokens.id = any(${by.ids}::uuid[])`,
    )
    .execute();
  return rows.map((row) => ({ ...tokenRow(row), hash: row.hash, orgName: row.orgName }));
}

type TokenColumn = 'hash' | 'created_by' | 'trust_subject' | 'trust_audience' | 'trust_claims' | 'trust_ci';

export function tokenRow(row: Omit<Selectable<IdentityTables['identity_tokens']>, TokenColumn>): TokenRow {
  return Object.freeze({
    id: row.id,
    orgId: row.org_id,
    name: row.name,
    role: row.role,
    scope: scopeOf(row.project, row.workflow),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
    replacedAt: row.replaced_at,
    trustIssuer: row.trust_issuer,
  });
}

function scopeOf(project: string | null, workflow: string | null): Scope {
  if (project === null) return { type: 'organization' };
  return workflow === null ? { type: 'project', project } : { type: 'workflow', project, workflow };
}

/** Newest first. */
export async function listSigningKeys(tx: Tx): Promise<readonly SigningKeyRow[]> {
  return on(tx)
    .selectFrom('identity_signing_keys')
    .select(['kid', 'sealed'])
    .orderBy('created_at', 'desc')
    .orderBy('kid')
    .execute();
}

export async function insertSigningKey(
  tx: Tx,
  key: SigningKeyRow & { readonly publicKey: Uint8Array; readonly createdAt: Date },
): Promise<void> {
  await on(tx)
    .insertInto('identity_signing_keys')
    .values({ kid: key.kid, public_key: key.publicKey, sealed: key.sealed, created_at: key.createdAt })
    .execute();
}

/** The issuer adopted last comes first. */
export async function listIssuers(tx: Tx): Promise<readonly string[]> {
  const rows = await on(tx)
    .selectFrom('identity_issuers')
    .select('issuer')
    .orderBy('adopted_at', 'desc')
    .execute();
  return rows.map((row) => row.issuer);
}

export async function adoptIssuer(tx: Tx, issuer: string, adoptedAt: Date): Promise<void> {
  await on(tx)
    .insertInto('identity_issuers')
    .values({ issuer, adopted_at: adoptedAt })
    .onConflict((conflict) => conflict.column('issuer').doUpdateSet({ adopted_at: adoptedAt }))
    .execute();
}
