import { nearest, quoted } from '@waybill/core/bytes';
import { type Tx, writeAudit } from '../ground/index.ts';
import { actorOf, authorize, type Principal, scopeCovers, targetOf } from '../identity/index.ts';
import type { ContractDeps } from './deps.ts';
import { contractError } from './errors.ts';
import { emitReleased } from './events.ts';
import { isId, isName, nameOrId, parseVersion } from './name.ts';
import {
  ensureVersion,
  findProjectRow,
  listProjectRows,
  listVersionRows,
  lockVersion,
  type ProjectRow,
  setReleased,
  type VersionRow,
} from './queries/projects.ts';

export interface PageOf<T> {
  readonly rows: readonly T[];
  /** Cursor of the next page; null on the last. */
  readonly next: string | null;
}

interface PageInput {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

const DEFAULT_PAGE = 50;

/**
 * The projects inside the principal's scope, by name; none lies inside that of one workflow. Throws
 * `contract_cursor_invalid`, `identity_forbidden`.
 */
export async function listProjects(
  deps: ContractDeps,
  principal: Principal,
  input: PageInput = {},
): Promise<PageOf<ProjectRow>> {
  const { project } = targetOf(principal.scope);
  authorize(principal, 'read', project === undefined ? {} : { project });
  const after = input.cursor === undefined ? undefined : textOf(input.cursor);
  if (after !== undefined && !isName(after)) throw wrongCursor();
  const limit = input.limit ?? DEFAULT_PAGE;
  const filter = { name: project, after, limit: limit + 1 };
  const rows = await deps.db.withOrg(principal.orgId, (tx) => listProjectRows(tx, filter));
  return pageOf(rows, limit, ({ name }) => name);
}

/** By name or id. Throws `contract_project_not_found`, `identity_forbidden`. */
export async function describeProject(
  deps: ContractDeps,
  principal: Principal,
  project: string,
): Promise<ProjectRow> {
  return deps.db.withOrg(principal.orgId, (tx) => requireProject(tx, principal, project));
}

/** Newest first. Throws `contract_project_not_found`, `contract_cursor_invalid`, `identity_forbidden`. */
export async function listVersions(
  deps: ContractDeps,
  principal: Principal,
  input: PageInput & { readonly project: string },
): Promise<PageOf<VersionRow>> {
  const limit = input.limit ?? DEFAULT_PAGE;
  const after = input.cursor === undefined ? undefined : placeOf(input.cursor);
  return deps.db.withOrg(principal.orgId, async (tx) => {
    const { id } = await requireProject(tx, principal, input.project);
    const rows = await listVersionRows(tx, id, { after, limit: limit + 1 });
    return pageOf(rows, limit, (row) => `${row.createdAt.toISOString()} ${row.id}`);
  });
}

/**
 * Marks a version as released, once and for good; again changes nothing. Throws `contract_project_not_found`,
 * `contract_version_not_found`, `identity_forbidden`.
 */
export async function releaseVersion(
  deps: ContractDeps,
  principal: Principal,
  input: { readonly project: string; readonly version: string; readonly requestId: string },
): Promise<VersionRow> {
  const { orgId } = principal;
  return deps.db.withOrg(orgId, async (tx) => {
    const project = await requireProject(tx, principal, input.project);
    authorize(principal, 'write-workflow', { project: project.name });
    const version = await lockVersion(tx, project.id, parseVersion(input.version));
    if (version === undefined) throw await versionNotFound(tx, project, input.version);
    if (version.releasedAt !== null) return version;
    const releasedAt = deps.clock();
    await setReleased(tx, version.id, releasedAt);
    await writeAudit(tx, {
      orgId,
      actor: actorOf(principal),
      action: 'contract.release-version',
      target: `project:${project.name}`,
      outcome: 'ok',
      detail: { version: version.name },
      requestId: input.requestId,
    });
    await emitReleased(tx, { orgId, project: project.name, version: version.name });
    return { ...version, releasedAt };
  });
}

/** The version that a run is of, made by its first run. Throws `contract_version_invalid`. */
export async function useVersion(
  tx: Tx,
  principal: Principal,
  input: { readonly project: string; readonly version: string; readonly now: Date },
): Promise<string> {
  const name = parseVersion(input.version);
  await ensureVersion(tx, { project: input.project, name, now: input.now, by: actorOf(principal) });
  return name;
}

/** To a narrower token one outside of its scope is as unknown as one that is not there. */
async function requireProject(tx: Tx, principal: Principal, wanted: string): Promise<ProjectRow> {
  const { scope } = principal;
  if (!isId(wanted)) authorize(principal, 'read', { project: wanted });
  const key = nameOrId(wanted);
  const found = key === null ? undefined : await findProjectRow(tx, key);
  if (found && scopeCovers(scope, { project: found.name })) return found;
  const names = scope.type === 'organization' ? (await listProjectRows(tx)).map(({ name }) => name) : [];
  const meant = nearest(wanted, names);
  throw contractError(
    'contract_project_not_found',
    `no project ${quoted(wanted)}: ${meant ? `did you mean ${meant}?` : 'waybill workflow create makes one with its first workflow'}`,
    meant ? { detail: { suggestion: meant } } : {},
  );
}

async function versionNotFound(tx: Tx, { id, name }: ProjectRow, wanted: string): Promise<Error> {
  const rows = await listVersionRows(tx, id, { limit: 100 });
  const meant = nearest(
    wanted,
    rows.map((row) => row.name),
  );
  return contractError(
    'contract_version_not_found',
    `the project ${name} has no version ${quoted(wanted)}: ${meant ? `did you mean ${meant}?` : 'the first run of a version makes it (waybill attestation init --version)'}`,
    meant ? { detail: { suggestion: meant } } : {},
  );
}

function pageOf<T>(rows: readonly T[], limit: number, placeOfRow: (row: T) => string): PageOf<T> {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next = rows.length > limit && last ? Buffer.from(placeOfRow(last)).toString('base64url') : null;
  return { rows: page, next };
}

const textOf = (cursor: string): string => Buffer.from(cursor, 'base64url').toString('utf8');

function placeOf(cursor: string): Pick<VersionRow, 'createdAt' | 'id'> {
  const [time = '', id = ''] = textOf(cursor).split(' ');
  const createdAt = new Date(time);
  if (!/^\d{4}-/.test(time) || Number.isNaN(createdAt.getTime()) || !isId(id)) throw wrongCursor();
  return { createdAt, id };
}

function wrongCursor(): Error {
  return contractError('contract_cursor_invalid', 'cursor: expected the `next` of an earlier page');
}
