import type { AuditVerification } from '@waybill/api';
import { CodedError, isCoded } from '@waybill/core';
import { type ChainHead, checkAnchor, readAnchor, verifyLinks } from '@waybill/core/audit';
import { parseBundle } from '@waybill/core/bundle';
import { verifyStatementBundle } from '@waybill/core/verify';
import { countAudit } from '../ground/index.ts';
import { authorize, type Principal } from '../identity/index.ts';
import type { AuditDeps } from './deps.ts';
import { findNewestAnchor, readLength } from './queries.ts';
import { linksAfter } from './read-trail.ts';

const PAGE_LINKS = 500;

/**
 * Computes the whole chain of the caller's organisation again and holds it against its newest anchor, whose
 * signature and log entry are verified. What does not hold is the answer, not an error.
 */
export async function verifyTrail(deps: AuditDeps, principal: Principal): Promise<AuditVerification> {
  authorize(principal, 'read-audit');
  const { rows, length, anchor } = await deps.db.withOrg(principal.orgId, async (tx) => ({
    rows: await countAudit(tx),
    length: await readLength(tx),
    anchor: await findNewestAnchor(tx),
  }));
  const seen = { rows, chained: length, anchored: anchor?.sequence ?? 0 };
  try {
    const anchored = anchor === null ? null : anchoredHead(deps, principal, anchor.bundle);
    const head = await computeChain(deps, principal, { length, anchored });
    return { ...seen, intact: true, head: head?.hash ?? null, finding: null };
  } catch (error) {
    if (!isFinding(error)) throw error;
    const { code, message } = error;
    return { ...seen, intact: false, head: null, finding: { code, message } };
  }
}

function isFinding(error: unknown): error is CodedError {
  return error instanceof CodedError && !isCoded(error, 'database_unavailable', 'database_timeout');
}

function anchoredHead({ trust }: AuditDeps, { orgId }: Principal, bundle: string): ChainHead {
  const { statement } = verifyStatementBundle(parseBundle(bundle), {
    trustedRoot: trust.trustedRoot(),
    expectations: { type: 'identity', issuer: trust.issuerUrl, subject: trust.serverIdentity },
  });
  const { organization, head } = readAnchor(statement);
  if (organization === orgId) return head;
  throw new CodedError(
    'audit_anchor_mismatch',
    'audit trail: its newest anchor is that of another organisation',
  );
}

/** As far as it reached when the question was asked. */
async function computeChain(
  { db }: AuditDeps,
  { orgId }: Principal,
  { length, anchored }: { readonly length: number; readonly anchored: ChainHead | null },
): Promise<ChainHead | null> {
  let head: ChainHead | null = null;
  for (let after = 0; after < length; after = head?.sequence ?? length) {
    // A page ends where the anchor stands, so that it can be held against it there.
    const ends = anchored !== null && after < anchored.sequence ? anchored.sequence : length;
    const limit = Math.min(PAGE_LINKS, ends - after);
    const links = await db.withOrg(orgId, (tx) => linksAfter(tx, { after, limit }));
    if (links.length === 0) {
      throw new CodedError(
        'audit_chain_broken',
        `audit trail, entry ${after + 1}: it is missing, and so is what followed to ${length}`,
      );
    }
    head = verifyLinks(head, links);
    if (anchored !== null && head?.sequence === anchored.sequence) checkAnchor(anchored, head);
  }
  if (anchored !== null && (head?.sequence ?? 0) < anchored.sequence) checkAnchor(anchored, head);
  return head;
}
