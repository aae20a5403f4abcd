import type { ChainHead } from '@waybill/core/audit';
import { fromHex, toHex } from '@waybill/core/bytes';
import { type Digest, hexOf } from '@waybill/core/digest';
import { sql } from 'kysely';
import { type Tx, thisOrg } from '../ground/index.ts';

export interface LinkRow extends ChainHead {
  readonly auditId: number;
}

export interface AnchorRow {
  readonly sequence: number;
  readonly logIndex: number;
  readonly bundle: string;
  readonly anchoredAt: Date;
}

interface Link {
  readonly sequence: number;
  readonly audit_id: number;
  readonly hash: Uint8Array;
}

/** Locks the end of an organisation's chain until the transaction ends; null for a chain that is empty. */
export async function lockHead(tx: Tx, orgId: string | null): Promise<ChainHead | null> {
  await sql`insert into audit_chains (org_id) values (${orgId}) on conflict do nothing`.execute(tx);
  const { rows } = await sql<{ sequence: number; hash: Uint8Array | null }>`
    select sequence, hash from audit_chains where org_id is not distinct from ${orgId}::uuid for update`.execute(
    tx,
  );
  const [row] = rows;
  return row?.hash ? { sequence: row.sequence, hash: digestFrom(row.hash) } : null;
}

export async function moveHead(tx: Tx, orgId: string | null, { sequence, hash }: ChainHead): Promise<void> {
  await sql`update audit_chains set sequence = ${sequence}, hash = ${bytesOf(hash)}
            where org_id is not distinct from ${orgId}::uuid`.execute(tx);
}

export async function insertLinks(tx: Tx, orgId: string | null, links: readonly LinkRow[]): Promise<void> {
  const sequences = links.map(({ sequence }) => sequence);
  const ids = links.map(({ auditId }) => auditId);
  const hashes = links.map(({ hash }) => bytesOf(hash));
  await sql`
    insert into audit_links (org_id, sequence, audit_id, hash)
    select ${orgId}::uuid, * from unnest(${sequences}::bigint[], ${ids}::bigint[], ${hashes}::bytea[])`.execute(
    tx,
  );
}

/** By id of the audit row; those of the ids that are chained. */
export async function findLinks(
  tx: Tx,
  auditIds: readonly number[],
): Promise<ReadonlyMap<number, ChainHead>> {
  const { rows } = await sql<Link>`
    select sequence, audit_id, hash from audit_links where audit_id = any(${auditIds}::bigint[])`.execute(tx);
  return new Map(rows.map((row) => [row.audit_id, { sequence: row.sequence, hash: digestFrom(row.hash) }]));
}

/** In the order of the chain. Under withOrg. */
export async function listLinks(
  tx: Tx,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly LinkRow[]> {
  const { rows } = await sql<Link>`
    select sequence, audit_id, hash from audit_links
    where org_id = ${thisOrg} and sequence > ${after}
    order by sequence limit ${limit}`.execute(tx);
  return rows.map((row) => ({
    sequence: row.sequence,
    auditId: row.audit_id,
    hash: digestFrom(row.hash),
  }));
}

/** Where the chain says that it ends. Under withOrg. */
export async function readLength(tx: Tx): Promise<number> {
  const { rows } = await sql<{ sequence: number }>`
    select sequence from audit_chains where org_id = ${thisOrg}`.execute(tx);
  return rows[0]?.sequence ?? 0;
}

/** Chains that have grown since they were anchored, unless that was after `before`. */
export async function findUnanchored(
  tx: Tx,
  before: Date,
): Promise<readonly { readonly orgId: string | null; readonly head: ChainHead }[]> {
  const { rows } = await sql<{ org_id: string | null; sequence: number; hash: Uint8Array }>`
    select c.org_id, c.sequence, c.hash from audit_chains c
    left join audit_anchors a on a.org_id is not distinct from c.org_id and a.sequence = c.anchored
    where c.sequence > c.anchored and (a.anchored_at is null or a.anchored_at <= ${before})
    order by c.org_id`.execute(tx);
  return rows.map(({ org_id: orgId, sequence, hash }) => ({
    orgId,
    head: { sequence, hash: digestFrom(hash) },
  }));
}

export async function insertAnchor(tx: Tx, orgId: string | null, anchor: AnchorRow): Promise<void> {
  await sql`
    insert into audit_anchors (org_id, sequence, log_index, bundle, anchored_at)
    values (${orgId}, ${anchor.sequence}, ${anchor.logIndex}, ${anchor.bundle}, ${anchor.anchoredAt})
    on conflict do nothing`.execute(tx);
  await sql`update audit_chains set anchored = greatest(anchored, ${anchor.sequence}::bigint)
            where org_id is not distinct from ${orgId}::uuid`.execute(tx);
}

/** Under withOrg. */
export async function findNewestAnchor(tx: Tx): Promise<AnchorRow | null> {
  const { rows } = await sql<AnchorRow>`
    select sequence, log_index as "logIndex", bundle, anchored_at as "anchoredAt" from audit_anchors
    where org_id = ${thisOrg} order by sequence desc limit 1`.execute(tx);
  return rows[0] ?? null;
}

function bytesOf(hash: Digest): Buffer {
  return Buffer.from(fromHex(hexOf(hash)));
}

function digestFrom(hash: Uint8Array): Digest {
  return `sha256:${toHex(hash)}`;
}
