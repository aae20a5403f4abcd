import { type AuditEntry, hashLink } from '@waybill/core/audit';
import { AUDIT_FEED, type AuditRecord, type Db, type Follower, type Tx } from '../ground/index.ts';
import { findLinks, insertLinks, type LinkRow, lockHead, moveHead } from './queries.ts';

const BATCH_ROWS = 200;

/** Chains the rows of the audit trail as they are committed. */
export function auditFollower(db: Db): Follower<AuditRecord> {
  return {
    name: 'audit',
    feed: AUDIT_FEED,
    batchEvents: BATCH_ROWS,
    deliver: (rows) => db.asSystem((tx) => chainRows(tx, rows)),
  };
}

/** Each row to the end of its organisation's chain; one that is chained already stays where it is. */
async function chainRows(tx: Tx, rows: readonly AuditRecord[]): Promise<void> {
  const chained = await findLinks(
    tx,
    rows.map(({ id }) => id),
  );
  const fresh = rows.filter(({ id }) => !chained.has(id));
  for (const [orgId, ofOrg] of Map.groupBy(fresh, (row) => row.orgId)) await extendChain(tx, orgId, ofOrg);
}

async function extendChain(tx: Tx, orgId: string | null, rows: readonly AuditRecord[]): Promise<void> {
  let head = await lockHead(tx, orgId);
  const links: LinkRow[] = [];
  for (const row of rows) {
    head = hashLink(head, entryOf(row));
    links.push({ ...head, auditId: row.id });
  }
  await insertLinks(tx, orgId, links);
  if (head !== null) await moveHead(tx, orgId, head);
}

export function entryOf(row: AuditRecord): AuditEntry {
  const { id, at, orgId: organization, actor, action, target, outcome, detail, requestId } = row;
  return { id, at: at.toISOString(), organization, actor, action, target, outcome, detail, requestId };
}
