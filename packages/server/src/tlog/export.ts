/** A log as it stood at one moment, while it goes on: for backups. */
import { isCoded } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { parseCheckpoint, type TileName, tileWidthAt } from '@waybill/core/tlog';
import type { BlobDriver, Tx } from '../ground/index.ts';
import { tlogError } from './errors.ts';
import { freezeAll, type LogRow, selectLogs } from './queries.ts';
import { checkpointKey, readPublishedTile, tileKey } from './tile-files.ts';

export interface LogMoment {
  readonly origin: string;
  readonly kind: LogRow['kind'];
  readonly size: number;
  readonly checkpoint: string;
  readonly frozenAt: Date | null;
}

/** Every log as this transaction sees it. */
export async function logsAt(tx: Tx): Promise<readonly LogMoment[]> {
  const rows = await selectLogs(tx);
  return rows.map(({ origin, kind, head, frozenAt }) => ({
    origin,
    kind,
    size: head.size,
    checkpoint: head.checkpoint,
    frozenAt,
  }));
}

/**
 * Ends every log in this database: after a restore nobody knows what was signed since the backup, and a second
 * history under one name is what a log must never have. New logs are born at the next start.
 */
export const freezeLogs = freezeAll;

/** What the lock of a log is called: who holds it is the only one that may sign. */
export const logLockName = (origin: string): string => `tlog:${origin}`;

/** The files of the log at that moment, under their keys, its checkpoint last. Throws `blob_not_found`. */
export async function* exportLog(
  blobs: BlobDriver,
  log: LogMoment,
): AsyncGenerator<{ readonly key: string; readonly bytes: Uint8Array }> {
  for (const tile of tilesOf(log.size))
    yield { key: tileKey(log.origin, tile), bytes: await readAsOf(blobs, log, tile) };
  yield { key: checkpointKey(log.origin), bytes: utf8(log.checkpoint) };
}

function* tilesOf(size: number): Generator<TileName> {
  for (let index = 0, width = 0; (width = tileWidthAt(size, 0, index)) > 0; index++)
    yield { type: 'entries', index, width };
  for (let level = 0; tileWidthAt(size, level, 0) > 0; level++) {
    for (let index = 0, width = 0; (width = tileWidthAt(size, level, index)) > 0; index++)
      yield { type: 'hashes', level, index, width };
  }
}

/** A log that grows meanwhile replaces a narrow tile by a wider one, which begins with the same hashes. */
async function readAsOf(blobs: BlobDriver, { origin }: LogMoment, tile: TileName): Promise<Uint8Array> {
  for (let attempt = 0; attempt < 10; attempt++) {
    try {
      return await blobs.read(tileKey(origin, tile));
    } catch (error) {
      if (!isCoded(error, 'blob_not_found')) throw error;
    }
    try {
      const note = Buffer.from(await blobs.read(checkpointKey(origin))).toString();
      return await readPublishedTile(blobs, origin, { tile, size: parseCheckpoint(note).checkpoint.size });
    } catch (error) {
      // Outgrown between two reads: the next round sees the newer state.
      if (!isCoded(error, 'blob_not_found')) throw error;
    }
  }
  throw tlogError('tlog_damaged', `the log ${origin} cannot be copied: a tile of it is missing`);
}
