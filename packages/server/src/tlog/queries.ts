import { toHex } from '@waybill/core/bytes';
import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../ground/index.ts';
import type { EntryFacts, LogKind } from './receipt.ts';

type TlogTables = {
  tlog_logs: {
    origin: string;
    kind: LogKind;
    sealed_keys: Uint8Array;
    size: number;
    root_hash: Uint8Array;
    checkpoint: string;
    created_at: Date;
    frozen_at: Date | null;
  };
  tlog_entries: {
    origin: string;
    log_index: number;
    leaf_hash: Uint8Array;
    integrated_at: Date;
    artifact_digest: string | null;
    signer: string | null;
    issuer: string | null;
    certificate_fingerprint: string | null;
    precertificate_signature: Uint8Array | null;
  };
};

/** What the log has signed last. */
export interface SignedHead {
  readonly size: number;
  readonly rootHash: Uint8Array;
  /** The signed note. */
  readonly checkpoint: string;
}

export interface LogRow {
  readonly origin: string;
  readonly kind: LogKind;
  readonly sealedKeys: Uint8Array;
  readonly head: SignedHead;
  readonly createdAt: Date;
  /** Since when it takes no entries; null: it takes them. */
  readonly frozenAt: Date | null;
}

export interface NewEntry {
  readonly logIndex: number;
  readonly leafHash: Uint8Array;
  readonly integratedAt: Date;
  readonly facts: EntryFacts;
  /** Of an entry of the CT log that stands for a precertificate. */
  readonly precertificateSignature: Uint8Array | null;
}

export interface EntryRow extends NewEntry {}

const ENTRY_COLUMNS = [
  'log_index',
  'leaf_hash',
  'integrated_at',
  'artifact_digest',
  'signer',
  'issuer',
  'certificate_fingerprint',
  'precertificate_signature',
] as const;

const on = (tx: Tx) => tx.withTables<TlogTables>();

/** Every log there has been, oldest first; at most one of a kind takes entries. */
export async function selectLogs(tx: Tx): Promise<readonly LogRow[]> {
  const rows = await on(tx)
    .selectFrom('tlog_logs')
    .select(['origin', 'kind', 'sealed_keys', 'size', 'root_hash', 'checkpoint', 'created_at', 'frozen_at'])
    .orderBy('created_at')
    .orderBy('origin')
    .execute();
  return rows.map((row) => ({
    origin: row.origin,
    kind: row.kind,
    sealedKeys: row.sealed_keys,
    head: { size: row.size, rootHash: row.root_hash, checkpoint: row.checkpoint },
    createdAt: row.created_at,
    frozenAt: row.frozen_at,
  }));
}

/** From here on nothing is signed under the names and keys of the logs that there are. */
export async function freezeAll(tx: Tx, at: Date): Promise<void> {
  await on(tx).updateTable('tlog_logs').set({ frozen_at: at }).where('frozen_at', 'is', null).execute();
}

/** The same of one log; false when it is frozen already. */
export async function freezeOne(tx: Tx, origin: string, at: Date): Promise<boolean> {
  const { numUpdatedRows } = await on(tx)
    .updateTable('tlog_logs')
    .set({ frozen_at: at })
    .where('origin', '=', origin)
    .where('frozen_at', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Does nothing when another process has made a log of this kind at the same moment. */
export async function insertLog(tx: Tx, log: LogRow): Promise<void> {
  await on(tx)
    .insertInto('tlog_logs')
    .values({
      origin: log.origin,
      kind: log.kind,
      sealed_keys: log.sealedKeys,
      size: log.head.size,
      root_hash: log.head.rootHash,
      checkpoint: log.head.checkpoint,
      created_at: log.createdAt,
      frozen_at: log.frozenAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export interface HeadRow {
  readonly head: SignedHead;
  readonly frozenAt: Date | null;
}

const selectHead = (tx: Tx, origin: string) =>
  on(tx)
    .selectFrom('tlog_logs')
    .select(['size', 'root_hash', 'checkpoint', 'frozen_at'])
    .where('origin', '=', origin);

export async function readHead(tx: Tx, origin: string): Promise<HeadRow> {
  return headRow(await selectHead(tx, origin).executeTakeFirstOrThrow());
}

/** The same, locked against every other writer until the transaction ends. */
export async function lockHead(tx: Tx, origin: string): Promise<HeadRow> {
  return headRow(await selectHead(tx, origin).forUpdate().executeTakeFirstOrThrow());
}

function headRow(
  row: Pick<TlogTables['tlog_logs'], 'size' | 'root_hash' | 'checkpoint' | 'frozen_at'>,
): HeadRow {
  const head = { size: row.size, rootHash: row.root_hash, checkpoint: row.checkpoint };
  return { head, frozenAt: row.frozen_at };
}

/** False when the log has not the size `from` any more, or takes no entries: somebody else has written. */
export async function advanceHead(tx: Tx, origin: string, from: number, head: SignedHead): Promise<boolean> {
  const { numUpdatedRows } = await on(tx)
    .updateTable('tlog_logs')
    .set({ size: head.size, root_hash: head.rootHash, checkpoint: head.checkpoint })
    .where('origin', '=', origin)
    .where('size', '=', from)
    .where('frozen_at', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** One statement with one array per column, whatever the number of entries. */
export async function insertEntries(tx: Tx, origin: string, entries: readonly NewEntry[]): Promise<void> {
  const column = <T>(read: (entry: NewEntry) => T): T[] => entries.map(read);
  await sql`
    insert into tlog_entries
      (origin, log_index, leaf_hash, integrated_at, artifact_digest, signer, issuer, certificate_fingerprint,
        precertificate_signature)
    select ${origin}, * from unnest(
      ${column((entry) => entry.logIndex)}::bigint[],
      ${column((entry) => Buffer.from(entry.leafHash))}::bytea[],
      ${column((entry) => entry.integratedAt)}::timestamptz[],
      ${column((entry) => entry.facts.artifactDigest ?? null)}::text[],
      ${column((entry) => entry.facts.signer ?? null)}::text[],
      ${column((entry) => entry.facts.issuer ?? null)}::text[],
      ${column((entry) => entry.facts.certificateFingerprint ?? null)}::text[],
      ${column(({ precertificateSignature: bytes }) => bytes && Buffer.from(bytes))}::bytea[]
    )`.execute(tx);
}

/**
 * The entries with one of these leaf hashes, by the hash in hex. Planned anew each time: a plan that was kept from when
 * the log was small reads all of it, for as long as nobody has analysed the table.
 */
export async function findByLeafHash(
  tx: Tx,
  origin: string,
  leafHashes: readonly Uint8Array[],
): Promise<ReadonlyMap<string, EntryRow>> {
  const hashes = leafHashes.map((hash) => Buffer.from(hash));
  const [, rows] = await Promise.all([
    sql`set local plan_cache_mode = force_custom_plan`.execute(tx),
    on(tx)
      .selectFrom('tlog_entries')
      .select(ENTRY_COLUMNS)
      .where('origin', '=', origin)
      .where(sql<boolean>`leaf_hash = any(${hashes}::bytea[])`)
      .execute(),
  ]);
  return new Map(rows.map((row) => [toHex(row.leaf_hash), entryRow(row)]));
}

export async function findEntry(tx: Tx, origin: string, logIndex: number): Promise<EntryRow | undefined> {
  const row = await on(tx)
    .selectFrom('tlog_entries')
    .select(ENTRY_COLUMNS)
    .where('origin', '=', origin)
    .where('log_index', '=', logIndex)
    .executeTakeFirst();
  return row && entryRow(row);
}

/** By their place, from `from` on and before `to`. */
export async function findEntries(
  tx: Tx,
  origin: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<ReadonlyMap<number, EntryRow>> {
  const rows = await on(tx)
    .selectFrom('tlog_entries')
    .select(ENTRY_COLUMNS)
    .where('origin', '=', origin)
    .where('log_index', '>=', from)
    .where('log_index', '<', to)
    .execute();
  return new Map(rows.map((row) => [row.log_index, entryRow(row)]));
}

/** What an index of its own leads to, from what is rarest in a log. */
const SEARCH_KEYS = [
  ['certificateFingerprint'],
  ['artifactDigest'],
  ['signer', 'issuer'],
  ['signer'],
  ['issuer'],
] as const;

/** Newest first; `before` is the log index that ends the page before. Every fact given must match. */
export async function searchEntries(
  tx: Tx,
  origin: string,
  search: { readonly facts: EntryFacts; readonly before: number | null; readonly limit: number },
): Promise<readonly EntryRow[]> {
  const { facts, before, limit } = search;
  const key = SEARCH_KEYS.find((names) => names.every((name) => facts[name] !== undefined));
  let query = on(tx).selectFrom('tlog_entries').select(ENTRY_COLUMNS);
  query = key === undefined ? query.where('origin', '=', origin) : query.where(hasKey(key, facts, origin));
  if (before !== null) query = query.where('log_index', '<', before);
  const rows = await query.orderBy('log_index', 'desc').limit(limit).execute();
  return rows.map(entryRow);
}

const FACT_COLUMNS = {
  artifactDigest: 'artifact_digest',
  signer: 'signer',
  issuer: 'issuer',
  certificateFingerprint: 'certificate_fingerprint',
} as const satisfies Record<keyof EntryFacts, keyof TlogTables['tlog_entries']>;

/** As migration 0018 spells the keys of the indexes; then every name itself, as a hash may be that of another one. */
function hasKey(
  names: readonly (keyof EntryFacts)[],
  facts: EntryFacts,
  origin: string,
): RawBuilder<boolean> {
  let [stored, wanted] = [sql`hashtextextended(origin, 0)`, sql`hashtextextended(${origin}, 0)`];
  for (const name of names) {
    stored = sql`hashtextextended(${sql.ref(FACT_COLUMNS[name])}, ${stored})`;
    wanted = sql`hashtextextended(${facts[name]}, ${wanted})`;
  }
  const same = [
    sql`origin = ${origin}`,
    ...Object.entries(facts).map(
      ([name, fact]) => sql`${sql.ref(FACT_COLUMNS[name as keyof EntryFacts])} = ${fact}`,
    ),
  ];
  // Within coalesce the planner draws no conclusions: that origin opens the way over the primary key, from the end of
  // the log on until enough is found; that so many conditions leave few rows, which are best all read and then sorted.
  return sql<boolean>`${stored} = ${wanted} and coalesce(${sql.join(same, sql` and `)}, false)`;
}

function entryRow(row: Omit<TlogTables['tlog_entries'], 'origin'>): EntryRow {
  return {
    logIndex: row.log_index,
    leafHash: row.leaf_hash,
    integratedAt: row.integrated_at,
    precertificateSignature: row.precertificate_signature,
    facts: {
      ...(row.artifact_digest !== null && { artifactDigest: row.artifact_digest }),
      ...(row.signer !== null && { signer: row.signer }),
      ...(row.issuer !== null && { issuer: row.issuer }),
      ...(row.certificate_fingerprint !== null && { certificateFingerprint: row.certificate_fingerprint }),
    },
  };
}
