import { isCoded, messageOf } from '@waybill/core';
import { equalBytes } from '@waybill/core/bytes';
import {
  consistencyProof,
  edgeFromTiles,
  edgeRoot,
  nodesFromTiles,
  type ReadNode,
  TILE_WIDTH,
  type TreeEdge,
  verifyCheckpoint,
  verifyConsistency,
} from '@waybill/core/tlog';
import type { Logger } from '../ground/index.ts';
import type { TlogDeps } from './deps.ts';
import { tlogError } from './errors.ts';
import type { LogSigner } from './log-keys.ts';
import { readHead, type SignedHead } from './queries.ts';
import type { LogKind } from './receipt.ts';
import { publishCheckpoint, readBundle, readPublished, tileReader } from './tile-files.ts';

/** One log: its fixed facts and what its steps work with. */
export interface LogContext extends Pick<TlogDeps, 'db' | 'blobs' | 'clock' | 'highWater'> {
  readonly origin: string;
  readonly kind: LogKind;
  readonly createdAt: Date;
  readonly signer: LogSigner;
  readonly log: Logger;
}

/** What the sequencer knows between two batches. Thrown away, and recovered, after any failure. */
export interface LogState {
  readonly edge: TreeEdge;
  /** The entries of the bundle that is not full yet. */
  readonly edgeEntries: readonly Uint8Array[];
  /** Signed, persisted and published. */
  readonly head: SignedHead;
  /** Keys of partial tiles that the last batch replaced by wider ones. */
  readonly replaced: readonly string[];
}

/**
 * The state of the log as the database holds it, published if it was not yet. The same code runs at the start, when
 * leadership changes, and after a batch that failed anywhere.
 * Throws `tlog_rolled_back`, `tlog_damaged`: then nothing may be signed.
 */
export async function recover(context: LogContext): Promise<LogState> {
  const { db, blobs, origin, signer } = context;
  // Before the database, which is ahead of both: another process may go on meanwhile, and would look like a rollback.
  const published = await readPublishedHead(context);
  const guarded = await readGuarded(context);
  const { head, frozenAt } = await db.asSystem((tx) => readHead(tx, origin));
  if (frozenAt !== null) throw frozen(origin);
  for (const [earlier, where] of [
    [published, 'has published'],
    [guarded, 'has signed, as its guard file shows,'],
  ] as const)
    refuseRollback(origin, head, { earlier, where });
  const edge = await readEdge(context, head);
  const readNode = nodesFromTiles(tileReader(blobs, origin), head.size);
  for (const earlier of [published, guarded])
    if (earlier !== null) await requireExtension(origin, earlier, head, readNode);
  const edgeEntries = await readEdgeEntries(context, head.size);
  if (guarded?.checkpoint !== head.checkpoint) await raiseGuard(context, head);
  // A crash after the commit left the database ahead of the world.
  if (published?.checkpoint !== head.checkpoint) await publishCheckpoint(blobs, origin, head.checkpoint);
  return { edge, edgeEntries, head, replaced: [] };

  async function readPublishedHead({ blobs: store }: LogContext): Promise<SignedHead | null> {
    try {
      return await readPublished(store, origin, signer);
    } catch (cause) {
      if (!isCoded(cause) || !cause.code.startsWith('tlog_')) throw cause;
      throw damaged(origin, `its published checkpoint is not its own (${cause.message})`, cause);
    }
  }
}

/** What was signed last, as the guard file remembers it; null without such a file, or before it knows this log. */
async function readGuarded({ highWater, origin, signer, log }: LogContext): Promise<SignedHead | null> {
  if (highWater === null) return null;
  const note = await highWater.read(origin);
  if (note === null) {
    log.warn('the guard file does not know this log yet: from now on it does');
    return null;
  }
  try {
    const { size, rootHash } = verifyCheckpoint(note, { origin, keys: signer.noteKeys });
    return { size, rootHash, checkpoint: note };
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw tlogError(
      'tlog_guard',
      `what the guard file says of the log ${origin} is not signed by it (${cause.message}): somebody has changed it, or it belongs to other data`,
      { cause },
    );
  }
}

/** Before the world sees a checkpoint the guard must know it: a restore to the moment between would not be noticed. */
export async function raiseGuard({ highWater, origin }: LogContext, head: SignedHead): Promise<void> {
  await highWater?.raise(origin, head.checkpoint);
}

export function frozen(origin: string): Error {
  return tlogError(
    'tlog_frozen',
    `the log ${origin} is frozen and signs nothing more: restart the server, which then begins a new one`,
  );
}

/** Signing from here would give the world two different logs: what was published cannot be taken back. */
function refuseRollback(
  origin: string,
  head: SignedHead,
  { earlier, where }: { readonly earlier: SignedHead | null; readonly where: string },
): void {
  if (earlier === null || earlier.size <= head.size) return;
  throw tlogError(
    'tlog_rolled_back',
    `the log ${origin} ${where} a checkpoint of ${earlier.size} entries, but the database knows ${head.size}: ` +
      'it was restored from an old backup. Restore the newest state of the database, or the backup as a whole by `waybill backup restore`, which freezes this log and starts a new one.',
    { detail: { origin, signed: earlier.size, database: head.size } },
  );
}

async function readEdge(context: LogContext, head: SignedHead): Promise<TreeEdge> {
  const { blobs, origin } = context;
  let edge: TreeEdge;
  try {
    edge = await edgeFromTiles(head.size, tileReader(blobs, origin));
  } catch (cause) {
    if (!isCoded(cause, 'blob_not_found', 'tlog_tile_invalid')) throw cause;
    throw damaged(origin, `a tile of the tree of ${head.size} entries is missing or broken`, cause);
  }
  if (equalBytes(edgeRoot(edge), head.rootHash)) return edge;
  throw damaged(
    origin,
    `the stored tiles of ${head.size} entries have another root than the one that was signed`,
  );
}

async function readEdgeEntries(context: LogContext, size: number): Promise<readonly Uint8Array[]> {
  const { blobs, origin } = context;
  try {
    return size % TILE_WIDTH === 0
      ? []
      : await readBundle(blobs, origin, { index: Math.floor(size / TILE_WIDTH), size });
  } catch (cause) {
    if (!isCoded(cause, 'blob_not_found', 'tlog_bundle_invalid')) throw cause;
    throw damaged(origin, `the last entry bundle of ${size} entries is missing or broken`, cause);
  }
}

/** C2SP tlog-checkpoint.md: a log MUST NOT sign a checkpoint inconsistent with an earlier one. */
export async function requireExtension(
  origin: string,
  earlier: Omit<SignedHead, 'checkpoint'>,
  later: Omit<SignedHead, 'checkpoint'>,
  readNode: ReadNode,
): Promise<void> {
  if (earlier.size === 0) return;
  try {
    const proof = await consistencyProof({ size1: earlier.size, size2: later.size }, readNode);
    verifyConsistency({
      size1: earlier.size,
      size2: later.size,
      root1: earlier.rootHash,
      root2: later.rootHash,
      proof,
    });
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw damaged(
      origin,
      `its tree of ${later.size} entries does not extend the one of ${earlier.size} that it signed`,
      cause,
    );
  }
}

function damaged(origin: string, what: string, cause?: unknown): Error {
  const reason = cause === undefined ? '' : ` (${messageOf(cause)})`;
  return tlogError(
    'tlog_damaged',
    `the log ${origin} cannot go on: ${what}${reason}. Restore its tiles and the database from the same moment.`,
    { cause, detail: { origin } },
  );
}
