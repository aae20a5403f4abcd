import type { RunDetail, RunList, RunQuery, RunSummary } from '@waybill/api';
import type { Contract } from '@waybill/core/contract';
import type { Digest } from '@waybill/core/digest';
import type { BuildClaims } from '@waybill/core/fulcio';
import { findRevision } from '../contract/index.ts';
import type { Tx } from '../ground/index.ts';
import { authorize, findPipelineClaims, type Principal, scopeCovers, targetOf } from '../identity/index.ts';
import { runRepository } from './addresses.ts';
import type { AttestationDeps } from './deps.ts';
import { attestationError } from './errors.ts';
import { findAttestation, findRun, listRunRows, type RunRow, type StoredAttestation } from './queries.ts';

const RUN_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const DEFAULT_PAGE = 50;

export function isRunId(text: string): boolean {
  return RUN_ID.test(text);
}

/**
 * A run of the caller's organisation and within its scope. Another organisation's run, one outside of the scope and
 * one that never was give the same `attestation_run_not_found`.
 */
export async function loadRun(deps: AttestationDeps, principal: Principal, id: string): Promise<RunRow> {
  return inRunOf(deps, principal, id, (_tx, { run }) => run);
}

/** With it what `accept()` needs: the contract revision that it was started under, and an earlier attestation. */
export async function loadForAccept(
  deps: AttestationDeps,
  principal: Principal,
  id: string,
): Promise<{
  readonly run: RunRow;
  readonly contract: Contract;
  readonly earlier: StoredAttestation | null;
  /** What was verified of the job that pushes; null: nothing. */
  readonly pushed: BuildClaims | null;
}> {
  return inRunOf(deps, principal, id, async (tx, { run, stored }) => {
    const [{ contract }, pushed] = await Promise.all([
      findRevision(tx, run.contract),
      findPipelineClaims(tx, principal),
    ]);
    return { run, contract, earlier: stored, pushed };
  });
}

interface FoundRun {
  readonly run: RunRow;
  readonly stored: StoredAttestation | null;
}

async function inRunOf<T>(
  deps: AttestationDeps,
  principal: Principal,
  id: string,
  read: (tx: Tx, found: FoundRun) => Promise<T> | T,
): Promise<T> {
  authorize(principal, 'read', targetOf(principal.scope));
  if (!isRunId(id)) throw runNotFound(id);
  const found = await deps.reads.withOrg(principal.orgId, async (tx) => {
    const [run, stored] = await Promise.all([findRun(tx, id, deps.clock()), findAttestation(tx, id)]);
    if (run === null || !scopeCovers(principal.scope, run)) return null;
    return { read: await read(tx, { run, stored }) };
  });
  // Not within: whoever asks for what is not there would undo the transaction of others.
  if (found === null) throw runNotFound(id);
  return found.read;
}

function runNotFound(id: string): Error {
  return attestationError(
    'attestation_run_not_found',
    `no run ${JSON.stringify(id.slice(0, 80))}: \`waybill run list\` shows the runs`,
  );
}

/** Throws `attestation_run_unfinished` for a run without one. */
export async function loadAttestation(
  deps: AttestationDeps,
  principal: Principal,
  runId: string,
): Promise<{ readonly run: RunRow; readonly stored: StoredAttestation }> {
  return inRunOf(deps, principal, runId, (_tx, { run, stored }) => {
    if (stored !== null) return { run, stored };
    throw attestationError(
      'attestation_run_unfinished',
      `the run ${run.id} is ${run.state} and has no attestation: \`waybill attestation push\` makes one`,
    );
  });
}

export function presentRun(run: RunRow, orgName: string): RunSummary {
  return {
    id: run.id,
    organization: orgName,
    project: run.project,
    workflow: run.workflow,
    version: run.version,
    contract: { ...run.contract },
    state: run.state,
    startedAt: run.startedAt.toISOString(),
    finishedAt: run.finishedAt?.toISOString() ?? null,
    expiresAt: run.expiresAt.toISOString(),
  };
}

export async function describeRun(
  deps: AttestationDeps,
  principal: Principal,
  runId: string,
): Promise<RunDetail> {
  return inRunOf(deps, principal, runId, (_tx, { run, stored }) => ({
    ...presentRun(run, principal.orgName),
    runner: run.runner,
    repository: runRepository(principal.orgName, run),
    receipt: stored?.receipt ?? null,
  }));
}

/** The caller's runs, newest first, a page at a time. */
export async function listRuns(
  deps: AttestationDeps,
  principal: Principal,
  query: RunQuery,
): Promise<RunList> {
  authorize(principal, 'read', targetOf(principal.scope));
  const limit = query.limit ?? DEFAULT_PAGE;
  const filter = {
    project: query.project,
    workflow: query.workflow,
    version: query.version,
    // A narrow token sees its own part, whatever it asks for.
    ...targetOf(principal.scope),
    state: query.state,
    subject: query.subject as Digest | undefined,
    after: query.cursor === undefined ? undefined : parseCursor(query.cursor),
    limit: limit + 1,
  };
  const rows = await deps.db.withOrg(principal.orgId, (tx) => listRunRows(tx, filter, deps.clock()));
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    runs: page.map((run) => presentRun(run, principal.orgName)),
    next: rows.length > limit && last ? formatCursor(last) : null,
  };
}

function formatCursor(run: RunRow): string {
  return Buffer.from(`${run.startedAt.toISOString()} ${run.id}`).toString('base64url');
}

function parseCursor(cursor: string): { readonly startedAt: Date; readonly id: string } {
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
  const startedAt = new Date(time);
  // A year with a sign is none that formatCursor() writes, and some are none that a database holds.
  if (Number.isNaN(startedAt.getTime()) || !/^\d{4}-/.test(time) || !isRunId(id)) {
    throw attestationError('attestation_cursor_invalid', 'cursor: expected the `next` of an earlier page');
  }
  return { startedAt, id };
}
