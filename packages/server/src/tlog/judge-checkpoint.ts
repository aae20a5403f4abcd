import { isCoded } from '@waybill/core';
import { equalBytes } from '@waybill/core/bytes';
import { nodesFromTiles, parseCheckpoint, treeRoot, verifyCheckpoint } from '@waybill/core/tlog';
import { writeAudit } from '../ground/index.ts';
import { logNamed, type PublishedLog } from './published.ts';
import { freezeOne, readHead, type SignedHead } from './queries.ts';
import type { LogContext } from './recover.ts';
import { tileReader } from './tile-files.ts';

/** What a checkpoint says of the log that signed it. */
export type Judgement = 'consistent' | 'contradiction';

export interface JudgedCheckpoint {
  readonly log: PublishedLog;
  readonly size: number;
  readonly judgement: Judgement;
}

type JudgeContext = Pick<LogContext, 'db' | 'blobs' | 'origin' | 'clock' | 'log'>;

/** A checkpoint that a log here has signed; whose it is, nobody needs to say. Throws `tlog_signature_invalid` and what parsing throws. */
export function verifyShown(
  logs: readonly PublishedLog[],
  note: string,
): { readonly log: PublishedLog; readonly shown: SignedHead } {
  const log = logNamed(logs, parseCheckpoint(note).checkpoint.origin);
  const { size, rootHash } = verifyCheckpoint(note, { origin: log.origin, keys: log.noteKeys });
  return { log, shown: { size, rootHash, checkpoint: note } };
}

/**
 * Whether the log goes on from a checkpoint that bears its own valid signature. If not, what it signed was lost or it
 * has signed two histories: it is frozen before the answer leaves, unless it was already, as after a restore.
 */
export async function judgeCheckpoint(context: JudgeContext, shown: SignedHead): Promise<Judgement> {
  const { db, origin, clock, log } = context;
  if (await isOurs(context, shown)) return 'consistent';
  const froze = await db.asSystem(async (tx) => {
    if (!(await freezeOne(tx, origin, clock()))) return false;
    await writeAudit(tx, {
      orgId: null,
      actor: 'system',
      action: 'tlog.freeze',
      target: `log:${origin}`,
      outcome: 'ok',
      detail: { shown: shown.checkpoint },
    });
    return true;
  });
  if (froze) log.error({ shown: shown.checkpoint }, 'a checkpoint of this log contradicts it: it is frozen');
  return 'contradiction';
}

/** What is in the database was signed before anybody could see it, so a larger one than there is not of this history. */
async function isOurs(context: JudgeContext, shown: SignedHead): Promise<boolean> {
  const { db, blobs, origin } = context;
  const rootAt = async (): Promise<Uint8Array | null> => {
    const { head } = await db.asSystem((tx) => readHead(tx, origin));
    if (shown.size > head.size) return null;
    if (shown.size === head.size) return head.rootHash;
    return treeRoot(shown.size, nodesFromTiles(tileReader(blobs, origin), head.size));
  };
  // A narrow tile may have given way to a wider one since the head was read.
  const rootHash = await rootAt().catch((error: unknown) => {
    if (isCoded(error, 'blob_not_found')) return rootAt();
    throw error;
  });
  return rootHash !== null && equalBytes(rootHash, shown.rootHash);
}
