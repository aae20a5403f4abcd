import type { AuditAnchorDocument, AuditChain, AuditList, AuditQuery } from '@waybill/api';
import type { AuditLink } from '@waybill/core/audit';
import { listAudit, readAudit, type Tx } from '../ground/index.ts';
import { authorize, type Principal } from '../identity/index.ts';
import { entryOf } from './chain-rows.ts';
import type { AuditDeps } from './deps.ts';
import { auditError } from './errors.ts';
import { findLinks, findNewestAnchor, listLinks } from './queries.ts';

const DEFAULT_PAGE = 50;
const DEFAULT_LINKS = 500;

/** The rows of the caller's organisation, newest first; a row that is not chained yet has no link. */
export async function listTrail(
  deps: AuditDeps,
  principal: Principal,
  query: AuditQuery,
): Promise<AuditList> {
  authorize(principal, 'read-audit');
  const limit = query.limit ?? DEFAULT_PAGE;
  return deps.db.withOrg(principal.orgId, async (tx) => {
    const rows = await listAudit(tx, { ...query, limit: limit + 1 });
    const page = rows.slice(0, limit);
    const links = await findLinks(
      tx,
      page.map(({ id }) => id),
    );
    return {
      rows: page.map((row) => ({ ...entryOf(row), link: links.get(row.id) ?? null })),
      next: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
    };
  });
}

/** The chain of the caller's organisation in its order, for whoever wants to compute it again. */
export async function readChain(
  deps: AuditDeps,
  principal: Principal,
  { after = 0, limit = DEFAULT_LINKS }: { readonly after?: number; readonly limit?: number },
): Promise<AuditChain> {
  authorize(principal, 'read-audit');
  const links = await deps.db.withOrg(principal.orgId, (tx) => linksAfter(tx, { after, limit }));
  return {
    links: links.map((link) => ({ ...link })),
    next: links.length === limit ? (links.at(-1)?.sequence ?? null) : null,
  };
}

/** Throws `audit_not_anchored`. */
export async function readNewestAnchor(deps: AuditDeps, principal: Principal): Promise<AuditAnchorDocument> {
  authorize(principal, 'read-audit');
  const anchor = await deps.db.withOrg(principal.orgId, findNewestAnchor);
  if (anchor === null) {
    throw auditError(
      'audit_not_anchored',
      'the audit trail of this organisation has not been anchored in the log yet: every ten minutes it is',
    );
  }
  const { sequence, logIndex, anchoredAt, bundle } = anchor;
  return { sequence, logIndex, anchoredAt: anchoredAt.toISOString(), bundle };
}

/** Under withOrg. */
export async function linksAfter(
  tx: Tx,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly AuditLink[]> {
  const links = await listLinks(tx, page);
  const rows = await readAudit(
    tx,
    links.map(({ auditId }) => auditId),
  );
  const byId = new Map(rows.map((row) => [row.id, entryOf(row)]));
  return links.map(({ sequence, hash, auditId }) => ({ sequence, hash, entry: byId.get(auditId) ?? null }));
}
