import type { Receipt, RunState } from '@waybill/api';
import type { Digest } from '@waybill/core/digest';
import type { BuildClaims } from '@waybill/core/fulcio';
import { type ColumnType, sql } from 'kysely';
import { type Tx, thisOrg } from '../ground/index.ts';

type Defaulted<T> = ColumnType<T, T | undefined, T>;

type AttestationTables = {
  attestation_runs: {
    id: Defaulted<string>;
    org_id: string;
    project: string;
    workflow: string;
    contract_name: string;
    contract_revision: number;
    contract_digest: Digest;
    version: string | null;
    runner: string;
    started_by: string;
    state: Defaulted<'INITIALIZED' | 'PASSED' | 'FAILED' | 'CANCELLED'>;
    started_at: Date;
    expires_at: Date;
    finished_at: Date | null;
    build_claims: ColumnType<BuildClaims | null, string | null, never>;
  };
  attestation_attestations: {
    run_id: string;
    org_id: string;
    payload_digest: Digest;
    bundle_digest: Digest;
    vsa_bundle_digest: Digest;
    result: 'PASSED' | 'FAILED';
    receipt: ColumnType<Receipt, string, string>;
    created_at: Date;
  };
  attestation_verdicts: {
    run_id: string;
    org_id: string;
    subject_digest: Digest;
    contract_name: string;
    contract_revision: number;
    result: 'PASSED' | 'FAILED';
    vsa_bundle_digest: Digest;
    vsa_log_index: number | string;
    verified_at: Date;
  };
};

export interface RunRow {
  readonly id: string;
  readonly orgId: string;
  readonly project: string;
  readonly workflow: string;
  readonly contract: { readonly name: string; readonly revision: number; readonly digest: Digest };
  /** Of the project; null: none was named. */
  readonly version: string | null;
  readonly runner: string;
  readonly state: RunState;
  readonly startedAt: Date;
  readonly expiresAt: Date;
  readonly finishedAt: Date | null;
  /** What was verified of the job that started it; null: nothing. */
  readonly build: BuildClaims | null;
}

/**
 * The organisation of the transaction. Written into each query beside row-level security, so that a tenant's
 * query that runs as the system by mistake finds nothing instead of everybody's rows.
 */
/** A run past its time is EXPIRED the moment it is read: no job has to have run. */
function stateAt(now: Date) {
  return sql<RunState>`case when state = 'INITIALIZED' and expires_at <= ${now} then 'EXPIRED' else state end`;
}

/** The same as a condition on columns, which an index can answer; the state is spelled out so that each has its own plan. */
function inState(state: RunState, now: Date) {
  switch (state) {
    case 'INITIALIZED':
      return sql<boolean>`state = 'INITIALIZED' and expires_at > ${now}`;
    case 'EXPIRED':
      return sql<boolean>`state = 'INITIALIZED' and expires_at <= ${now}`;
    default:
      return sql<boolean>`state = ${sql.lit(state)}`;
  }
}

function runColumns(tx: Tx, now: Date) {
  return tx
    .withTables<AttestationTables>()
    .selectFrom('attestation_runs')
    .select([
      'id',
      'org_id',
      'project',
      'workflow',
      'contract_name',
      'contract_revision',
      'contract_digest',
      'version',
      'runner',
      'started_at',
      'expires_at',
      'finished_at',
      'build_claims',
      stateAt(now).as('state_now'),
    ])
    .where('org_id', '=', thisOrg);
}

type SelectedRun = Awaited<ReturnType<ReturnType<typeof runColumns>['executeTakeFirstOrThrow']>>;

function toRun(row: SelectedRun): RunRow {
  return {
    id: row.id,
    orgId: row.org_id,
    project: row.project,
    workflow: row.workflow,
    contract: { name: row.contract_name, revision: row.contract_revision, digest: row.contract_digest },
    version: row.version,
    runner: row.runner,
    state: row.state_now,
    startedAt: row.started_at,
    expiresAt: row.expires_at,
    finishedAt: row.finished_at,
    build: row.build_claims,
  };
}

export interface NewRun {
  readonly orgId: string;
  readonly project: string;
  readonly workflow: string;
  readonly contract: RunRow['contract'];
  readonly version: string | null;
  readonly runner: string;
  readonly startedBy: string;
  readonly startedAt: Date;
  readonly expiresAt: Date;
  readonly build: RunRow['build'];
}

export async function insertRun(tx: Tx, run: NewRun): Promise<string> {
  const { id } = await tx
    .withTables<AttestationTables>()
    .insertInto('attestation_runs')
    .values({
      org_id: run.orgId,
      project: run.project,
      workflow: run.workflow,
      contract_name: run.contract.name,
      contract_revision: run.contract.revision,
      contract_digest: run.contract.digest,
      version: run.version,
      runner: run.runner,
      started_by: run.startedBy,
      started_at: run.startedAt,
      expires_at: run.expiresAt,
      finished_at: null,
      build_claims: run.build && JSON.stringify(run.build),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

export async function findRun(tx: Tx, id: string, now: Date): Promise<RunRow | null> {
  const row = await runColumns(tx, now).where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : toRun(row);
}

export interface RunFilter {
  readonly project?: string | undefined;
  readonly workflow?: string | undefined;
  readonly version?: string | undefined;
  readonly state?: RunState | undefined;
  readonly subject?: Digest | undefined;
  readonly after?: { readonly startedAt: Date; readonly id: string } | undefined;
  readonly limit: number;
}

/** Newest first; `after` is the last row of the page before. */
export async function listRunRows(tx: Tx, filter: RunFilter, now: Date): Promise<readonly RunRow[]> {
  let query = runColumns(tx, now).orderBy('started_at', 'desc').orderBy('id', 'desc').limit(filter.limit);
  if (filter.project !== undefined) query = query.where('project', '=', filter.project);
  if (filter.workflow !== undefined) query = query.where('workflow', '=', filter.workflow);
  if (filter.version !== undefined) query = query.where('version', '=', filter.version);
  if (filter.state !== undefined) query = query.where(inState(filter.state, now));
  if (filter.subject !== undefined) {
    const judged = tx
      .withTables<AttestationTables>()
      .selectFrom('attestation_verdicts')
      .select('run_id')
      .where('org_id', '=', thisOrg)
      .where('subject_digest', '=', filter.subject);
    query = query.where('id', 'in', judged);
  }
  if (filter.after) {
    const { startedAt, id } = filter.after;
    query = query.where(sql<boolean>`(started_at, id) < (${startedAt}, ${id}::uuid)`);
  }
  return (await query.execute()).map(toRun);
}

/** Ends an open run, and takes away what a client kept of it. False when it was not open any more: somebody else ended it first. */
export async function endRun(
  tx: Tx,
  id: string,
  end: { readonly state: 'PASSED' | 'FAILED' | 'CANCELLED'; readonly at: Date },
): Promise<boolean> {
  const { rows } = await sql<{ id: string }>`
    with ended as (
      update attestation_runs set state = ${end.state}, finished_at = ${end.at}
      where org_id = ${thisOrg} and id = ${id}::uuid and state = 'INITIALIZED'
      returning id
    ), gone as (
      delete from attestation_states where org_id = ${thisOrg} and run_id = ${id}::uuid
    )
    select id from ended`.execute(tx);
  return rows.length === 1;
}

export interface StoredAttestation {
  readonly payloadDigest: Digest;
  readonly bundleDigest: Digest;
  readonly vsaBundleDigest: Digest;
  readonly receipt: Receipt;
}

export async function findAttestation(tx: Tx, runId: string): Promise<StoredAttestation | null> {
  const row = await tx
    .withTables<AttestationTables>()
    .selectFrom('attestation_attestations')
    .select(['payload_digest', 'bundle_digest', 'vsa_bundle_digest', 'receipt'])
    .where('org_id', '=', thisOrg)
    .where('run_id', '=', runId)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    payloadDigest: row.payload_digest,
    bundleDigest: row.bundle_digest,
    vsaBundleDigest: row.vsa_bundle_digest,
    receipt: row.receipt,
  };
}

/** The attestation's row and one verdict per subject; returns the receipt as it is stored. */
export async function insertAttestation(tx: Tx, run: RunRow, receipt: Receipt): Promise<Receipt> {
  const verifiedAt = new Date(receipt.verifiedAt);
  const stored = tx
    .withTables<AttestationTables>()
    .insertInto('attestation_attestations')
    .values({
      run_id: run.id,
      org_id: run.orgId,
      payload_digest: receipt.attestation.payloadDigest as Digest,
      bundle_digest: receipt.attestation.bundleDigest as Digest,
      vsa_bundle_digest: receipt.vsa.bundleDigest as Digest,
      result: receipt.result,
      receipt: JSON.stringify(receipt),
      created_at: verifiedAt,
    })
    .returning('receipt')
    .executeTakeFirstOrThrow();
  const subjects = [...new Set(receipt.subjects.map(({ digest }) => digest))];
  // One array, whatever the number of subjects: a statement takes 65,535 parameters.
  const verdicts = sql`
    insert into attestation_verdicts
      (run_id, org_id, subject_digest, contract_name, contract_revision, result, vsa_bundle_digest, vsa_log_index,
       verified_at)
    select ${run.id}::uuid, ${run.orgId}::uuid, subject, ${run.contract.name}, ${run.contract.revision}::integer,
           ${receipt.result}, ${receipt.vsa.bundleDigest}, ${receipt.vsa.log.logIndex}::bigint, ${verifiedAt}::timestamptz
    from unnest(${subjects}::text[]) subject`.execute(tx);
  const [row] = await Promise.all([stored, verdicts]);
  return row.receipt;
}

export interface VerdictRow {
  readonly runId: string;
  readonly project: string;
  readonly workflow: string;
  readonly result: 'PASSED' | 'FAILED';
  readonly contractRevision: number;
  readonly vsaBundleDigest: Digest;
  readonly vsaLogIndex: number;
  readonly verifiedAt: Date;
}

/** Verdicts about a digest, of one project or workflow when it is named. */
export interface VerdictFilter {
  readonly subject: Digest;
  readonly project?: string | undefined;
  readonly workflow?: string | undefined;
}

function verdicts(tx: Tx, { subject, project, workflow }: VerdictFilter) {
  let query = tx
    .withTables<AttestationTables>()
    .selectFrom('attestation_verdicts as v')
    .innerJoin('attestation_runs as r', 'r.id', 'v.run_id')
    .where('v.org_id', '=', thisOrg)
    .where('v.subject_digest', '=', subject);
  if (project !== undefined) query = query.where('r.project', '=', project);
  if (workflow !== undefined) query = query.where('r.workflow', '=', workflow);
  return query;
}

/** The newest verdicts about a digest under a contract, PASSED ones first, at most `limit`. */
export async function findVerdicts(
  tx: Tx,
  about: VerdictFilter & { readonly contract: string; readonly limit: number },
): Promise<readonly VerdictRow[]> {
  const rows = await verdicts(tx, about)
    .select(['v.run_id', 'v.result', 'v.contract_revision', 'v.vsa_bundle_digest', 'v.vsa_log_index'])
    .select(['v.verified_at', 'r.project', 'r.workflow'])
    .where('v.contract_name', '=', about.contract)
    .orderBy(sql`v.result = 'PASSED'`, 'desc')
    .orderBy('v.verified_at', 'desc')
    .limit(about.limit)
    .execute();
  return rows.map((row) => ({
    runId: row.run_id,
    project: row.project,
    workflow: row.workflow,
    result: row.result,
    contractRevision: row.contract_revision,
    vsaBundleDigest: row.vsa_bundle_digest,
    vsaLogIndex: Number(row.vsa_log_index),
    verifiedAt: row.verified_at,
  }));
}

/** How many verdicts there are about a digest at all, under whatever contract. */
export async function countVerdicts(tx: Tx, about: VerdictFilter): Promise<number> {
  const row = await verdicts(tx, about)
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(row.count);
}
