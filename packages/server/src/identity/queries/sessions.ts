/** What is known of the jobs that came by their CI system's own token, for as long as their access token lives. */
import type { BuildClaims } from '@waybill/core/fulcio';
import type { ColumnType, JSONColumnType } from 'kysely';
import { type Tx, thisOrg } from '../../ground/index.ts';
import type { Principal } from '../principal.ts';

type SessionTables = {
  identity_sessions: {
    id: string;
    org_id: string;
    token_id: string;
    build: JSONColumnType<BuildClaims, string, never>;
    expires_at: ColumnType<Date, Date, never>;
  };
};

export interface Session {
  /** `jti` of the access token. */
  readonly id: string;
  readonly orgId: string;
  /** The trust by which the job came. */
  readonly tokenId: string;
  readonly build: BuildClaims;
  readonly expiresAt: Date;
}

const HOUR_MS = 3_600_000;

/** Those that ended more than an hour before are removed: a run keeps a copy of what it needs. */
export async function insertSession(tx: Tx, session: Session): Promise<void> {
  const on = tx.withTables<SessionTables>();
  const { id, orgId, tokenId, build, expiresAt } = session;
  await on
    .deleteFrom('identity_sessions')
    .where('org_id', '=', thisOrg)
    .where('expires_at', '<', new Date(expiresAt.getTime() - HOUR_MS))
    .execute();
  await on
    .insertInto('identity_sessions')
    .values({
      id,
      org_id: orgId,
      token_id: tokenId,
      build: JSON.stringify(build),
      expires_at: expiresAt,
    })
    .execute();
}

/** What this server itself verified of the job that acts; null where an API token acts, or nothing is known of the job. */
export async function findPipelineClaims(
  tx: Tx,
  { session, tokenId }: Pick<Principal, 'session' | 'tokenId'>,
): Promise<BuildClaims | null> {
  if (session === undefined) return null;
  const row = await tx
    .withTables<SessionTables>()
    .selectFrom('identity_sessions')
    .select('build')
    .where('org_id', '=', thisOrg)
    .where('id', '=', session)
    .where('token_id', '=', tokenId)
    .executeTakeFirst();
  return row?.build ?? null;
}
