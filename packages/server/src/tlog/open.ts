import { CodedError, isCoded } from '@waybill/core';
import { isStorable, toHex } from '@waybill/core/bytes';
import type { KeyObject } from '@waybill/core/crypto';
import { type Digest, digestOf } from '@waybill/core/digest';
import {
  formatHashedRekord,
  type HashedRekord,
  type NoteKey,
  nodesFromTiles,
  type RekordVerifier,
  TILE_WIDTH,
  type TileName,
} from '@waybill/core/tlog';
import { parseCertificate, readFulcioExtensions, signerNameOf, signSct } from '@waybill/core/x509';
import { findOrCreateLog, firstEntry } from './birth.ts';
import { DEFAULT_LIMITS, type TlogDeps } from './deps.ts';
import { tlogError } from './errors.ts';
import { type FrozenLog, openFrozen } from './frozen.ts';
import { receiptFor } from './integrate.ts';
import { logSigner, openKeys } from './log-keys.ts';
import { type EntryRow, findEntry, type SignedHead, searchEntries } from './queries.ts';
import type { EntryFacts, LogEntryReceipt, LogKind } from './receipt.ts';
import type { LogContext } from './recover.ts';
import { type LogRole, Sequencer } from './sequencer.ts';
import { readBundle, readPublished, readPublishedTile, tileReader } from './tile-files.ts';

/** What the world must know of a log to verify it. */
export interface LogDescription {
  readonly kind: LogKind;
  /** Name of the checkpoints; a hostname. */
  readonly origin: string;
  readonly publicKey: KeyObject;
  /** Of the trusted root: C2SP key id (rekor), RFC 6962 LogID (ct). 32 bytes. */
  readonly keyId: Uint8Array;
  /** Keys of all the signature lines of its checkpoints. */
  readonly noteKeys: readonly NoteKey[];
  readonly startedAt: Date;
}

export interface FoundEntry {
  readonly logIndex: number;
  /** Seconds since 1970. */
  readonly integratedTime: number;
  readonly leafHash: Uint8Array;
  readonly facts: EntryFacts;
}

/** The logs of this server. Every promise of `append` holds for each of them on its own. */
export interface Tlog {
  /**
   * Resolves when the entry is stored durably, integrated and covered by a published checkpoint. The same bytes get
   * the same place again, also after a restart. Throws `tlog_entry_invalid` (over 65,535 bytes), `tlog_busy`,
   * `tlog_not_leader`, `tlog_unavailable`, `tlog_closed`.
   */
  append(kind: LogKind, leaf: Uint8Array, facts?: EntryFacts): Promise<LogEntryReceipt>;
  /**
   * Logs a signature that the caller MUST have verified. `facts` adds to what the certificate says, such as the digest
   * of an attestation's subject. Throws as `append` does.
   */
  appendHashedRekord(rekord: HashedRekord, facts?: EntryFacts): Promise<LogEntryReceipt>;
  /** SignedCertificateTimestamp over a MerkleTreeLeaf. The caller MUST append the leaf to the `ct` log before it shows the SCT. */
  signSct(leaf: Uint8Array): Uint8Array;
  /**
   * Whether this process writes the log; when nobody does, it begins to. A log that a failure has left unrecovered is
   * recovered. Throws `tlog_rolled_back`, `tlog_damaged`, and what database and blob store throw.
   */
  role(kind: LogKind): Promise<LogRole>;
  /** The published checkpoint: a signed note. */
  checkpoint(kind: LogKind): Promise<string>;
  describe(kind: LogKind): LogDescription;
  /** The logs of this kind before the one that takes entries, oldest first. */
  frozen(kind: LogKind): readonly FrozenLog[];
  /** Throws `tlog_entry_not_found`. */
  receiptAt(kind: LogKind, logIndex: number): Promise<LogEntryReceipt>;
  /** Bytes of a tile or entry bundle within the published tree. Throws `tlog_tile_not_found`. */
  readTile(kind: LogKind, tile: TileName): Promise<Uint8Array>;
  /** Newest first, at most `limit`. */
  search(
    kind: LogKind,
    search: { readonly facts: EntryFacts; readonly before?: number; readonly limit: number },
  ): Promise<readonly FoundEntry[]>;
  close(): Promise<void>;
}

interface OpenLog {
  readonly frozen: readonly FrozenLog[];
  readonly context: LogContext;
  readonly sequencer: Sequencer;
}

/**
 * Opens the logs, makes them on the first start, recovers what a crash left. Throws `tlog_rolled_back` and
 * `tlog_damaged` when going on would contradict what was published.
 */
export async function openTlog(deps: TlogDeps): Promise<Tlog> {
  const opened: Record<LogKind, OpenLog> = {
    rekor: await openLog(deps, 'rekor'),
    ct: await openLog(deps, 'ct'),
  };
  try {
    await start(deps, opened.rekor);
    await start(deps, opened.ct);
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
  measure(deps, opened);
  return tlogOver(deps, opened);
}

function measure({ metrics, clock }: TlogDeps, opened: Record<LogKind, OpenLog>): void {
  const logs = Object.entries(opened) as [LogKind, OpenLog][];
  const each = (value: (log: OpenLog) => number | Promise<number>) => () =>
    Promise.all(logs.map(async ([log, open]) => ({ labels: { log }, value: await value(open) })));
  metrics.leader.read(each(({ sequencer }) => (sequencer.head === null ? 0 : 1)));
  metrics.waiting.read(each(({ sequencer }) => sequencer.waiting));
  metrics.size.read(each(async (log) => (await publishedHead(log)).size));
  metrics.checkpointAge.read(
    each(async (log) => {
      const signedAt = log.context.signer.signedAt(await publishedHead(log));
      return (clock().getTime() - signedAt.getTime()) / 1000;
    }),
  );
}

async function openLog(deps: TlogDeps, kind: LogKind): Promise<OpenLog> {
  const { active, frozen } = await findOrCreateLog(deps, kind);
  const { origin, createdAt } = active;
  const signer = logSigner(kind, origin, openKeys(deps.seal, origin, active.sealedKeys));
  const { db, blobs, clock } = deps;
  const context = {
    db,
    blobs,
    clock,
    origin,
    kind,
    createdAt,
    signer,
    log: deps.log.child({ tlog: origin }),
  };
  const sequencer = new Sequencer(context, { ...DEFAULT_LIMITS, ...deps.limits }, deps.metrics);
  return { context, sequencer, frozen: frozen.map((row) => openFrozen(deps, row)) };
}

async function start(deps: TlogDeps, { context, sequencer }: OpenLog): Promise<void> {
  if (!(await sequencer.lead())) {
    context.log.warn('another process writes this log: it can only be read here');
    return;
  }
  if (sequencer.head?.size !== 0) return;
  await sequencer.append(firstEntry({ ...context, now: deps.clock() }), {});
}

async function closeAll(opened: Record<LogKind, OpenLog>): Promise<void> {
  await Promise.all(Object.values(opened).map(({ sequencer }) => sequencer.close()));
}

function tlogOver(deps: TlogDeps, opened: Record<LogKind, OpenLog>): Tlog {
  const tlog: Tlog = {
    append: (kind, leaf, facts = {}) => opened[kind].sequencer.append(leaf, indexable(facts)),
    appendHashedRekord: async (rekord, facts = {}) =>
      tlog.append('rekor', formatHashedRekord(rekord), { ...factsOf(rekord), ...facts }),
    signSct(leaf) {
      const { keyId, privateKey } = opened.ct.context.signer;
      return signSct({ logId: keyId, privateKey }, leaf);
    },
    role: (kind) => opened[kind].sequencer.role(),
    checkpoint: async (kind) => (await publishedHead(opened[kind])).checkpoint,
    describe: (kind) => describe(opened[kind].context),
    frozen: (kind) => opened[kind].frozen,
    receiptAt: (kind, logIndex) => receiptAt(opened[kind], logIndex),
    readTile: (kind, tile) => readTile(opened[kind], tile),
    async search(kind, { facts, before = null, limit }) {
      const { origin } = opened[kind].context;
      const rows = await deps.db.asSystem((tx) => searchEntries(tx, origin, { facts, before, limit }));
      return rows.map(foundEntry);
    },
    close: () => closeAll(opened),
  };
  return Object.freeze(tlog);
}

function describe({ kind, origin, signer, createdAt }: LogContext): LogDescription {
  const { publicKey, keyId, noteKeys } = signer;
  return Object.freeze({ kind, origin, publicKey, keyId, noteKeys, startedAt: createdAt });
}

function foundEntry({ logIndex, integratedAt, leafHash, facts }: EntryRow): FoundEntry {
  return { logIndex, integratedTime: Math.floor(integratedAt.getTime() / 1000), leafHash, facts };
}

async function publishedHead({ context, sequencer }: OpenLog): Promise<SignedHead> {
  const head = sequencer.head ?? (await readPublished(context.blobs, context.origin, context.signer));
  if (head !== null) return head;
  throw tlogError(
    'tlog_unavailable',
    `the log ${context.origin} has published no checkpoint yet: try again shortly`,
  );
}

async function receiptAt(log: OpenLog, logIndex: number): Promise<LogEntryReceipt> {
  const { db, blobs, origin } = log.context;
  const row = await db.asSystem((tx) => findEntry(tx, origin, logIndex));
  return withHead(log, async (head) => {
    if (row === undefined || logIndex >= head.size) {
      throw tlogError('tlog_entry_not_found', `the log ${origin} has no entry ${logIndex}`);
    }
    const bundle = await readBundle(blobs, origin, {
      index: Math.floor(logIndex / TILE_WIDTH),
      size: head.size,
    });
    const body = bundle[logIndex % TILE_WIDTH];
    if (body === undefined) throw tlogError('tlog_bundle_invalid', `the stored entry ${logIndex} is missing`);
    const readNode = nodesFromTiles(tileReader(blobs, origin), head.size);
    return receiptFor(log.context, { ...row, body, duplicate: true, head, readNode });
  });
}

async function readTile(log: OpenLog, tile: TileName): Promise<Uint8Array> {
  const { blobs, origin } = log.context;
  return withHead(log, (head) => readPublishedTile(blobs, origin, { tile, size: head.size }));
}

/** Partial tiles are removed two batches after a wider one stands: a reader that slow starts again with the newest head. */
async function withHead<T>(log: OpenLog, read: (head: SignedHead) => Promise<T>): Promise<T> {
  try {
    return await read(await publishedHead(log));
  } catch (error) {
    if (!isCoded(error, 'blob_not_found')) throw error;
    return read(await publishedHead(log));
  }
}

/** What stands in the rekord itself. A certificate that cannot be read gives no facts: the entry is still what was signed. */
function factsOf({ digest, verifier }: HashedRekord): EntryFacts {
  const artifactDigest = `${DIGEST_NAMES[digest.length] ?? 'sha256'}:${toHex(digest)}`;
  return { artifactDigest, ...signerFacts(verifier) };
}

/** PostgreSQL indexes at most 2,704 bytes, and signer and issuer share one index. */
const MAX_FACT_BYTES = 1000;

/** A stranger's certificate says what its maker likes: what no index can hold is logged, but not found by that. */
function indexable(facts: EntryFacts): EntryFacts {
  const fits = (text: string) => Buffer.byteLength(text) <= MAX_FACT_BYTES && isStorable(text);
  return Object.fromEntries(Object.entries(facts).filter(([, text]) => fits(text)));
}

const DIGEST_NAMES: Readonly<Record<number, string>> = { 32: 'sha256', 48: 'sha384', 64: 'sha512' };

function signerFacts(verifier: RekordVerifier): EntryFacts {
  if ('publicKey' in verifier) return { certificateFingerprint: digestOf(verifier.publicKey) };
  const certificateFingerprint: Digest = digestOf(verifier.certificate);
  try {
    const certificate = parseCertificate(verifier.certificate);
    const issuer = readFulcioExtensions(certificate)?.issuer;
    return {
      certificateFingerprint,
      signer: signerNameOf(certificate).value,
      ...(issuer !== undefined && { issuer }),
    };
  } catch (error) {
    if (error instanceof CodedError) return { certificateFingerprint };
    throw error;
  }
}
