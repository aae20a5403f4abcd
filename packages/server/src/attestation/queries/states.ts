import { sql } from 'kysely';
import { type Tx, thisOrg } from '../../ground/index.ts';

export interface StateRow {
  readonly revision: number;
  readonly sealed: Uint8Array;
  readonly updatedAt: Date;
}

export async function findState(tx: Tx, runId: string): Promise<StateRow | null> {
  const { rows } = await sql<StateRow>`
    select revision, sealed, updated_at as "updatedAt" from attestation_states
    where org_id = ${thisOrg} and run_id = ${runId}::uuid`.execute(tx);
  return rows[0] ?? null;
}

/**
 * The first revision of an open run's state, or null: there is one, or the run is not open. The lock on the run makes
 * whoever ends it wait, so that no state is left behind.
 */
export async function insertState(
  tx: Tx,
  state: { readonly runId: string; readonly sealed: Uint8Array; readonly now: Date },
): Promise<number | null> {
  const { rows } = await sql<{ revision: number }>`
    insert into attestation_states (run_id, org_id, revision, sealed, updated_at)
    select r.id, r.org_id, 1, ${Buffer.from(state.sealed)}, ${state.now} from attestation_runs r
    where r.org_id = ${thisOrg} and r.id = ${state.runId}::uuid
      and r.state = 'INITIALIZED' and r.expires_at > ${state.now}
    for share
    on conflict (run_id) do nothing
    returning revision`.execute(tx);
  return rows[0]?.revision ?? null;
}

/** The revision after `after`, or null: somebody else has written meanwhile, or the run has ended. */
export async function replaceState(
  tx: Tx,
  state: { readonly runId: string; readonly after: number; readonly sealed: Uint8Array; readonly now: Date },
): Promise<number | null> {
  const { rows } = await sql<{ revision: number }>`
    update attestation_states
    set revision = revision + 1, sealed = ${Buffer.from(state.sealed)}, updated_at = ${state.now}
    where org_id = ${thisOrg} and run_id = ${state.runId}::uuid and revision = ${state.after}
    returning revision`.execute(tx);
  return rows[0]?.revision ?? null;
}

/** Of all organisations: states of runs whose time is over. Returns how many went. */
export async function removeExpiredStates(tx: Tx, now: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from attestation_states where run_id in (
      select s.run_id from attestation_states s join attestation_runs r on r.id = s.run_id
      where r.state <> 'INITIALIZED' or r.expires_at <= ${now}
      limit ${limit})`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}
