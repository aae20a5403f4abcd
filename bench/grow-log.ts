/** A log of a size, as years make it: by the one sequencer that there is, in batches larger than a server's. */
import { join } from 'node:path';
import {
  createLog,
  createMetrics,
  openDb,
  openFileSystem,
  openGivenKey,
  startPostgres,
} from '@waybill/server/ground';
import { openTlog, type Tlog, type TlogDeps, tlogMetrics } from '../packages/server/src/tlog/index.ts';
import type { MadeEntry } from './log-entries.ts';

/** Each batch costs a commit, a checkpoint, and a file for every 256 entries. */
const BATCH_ENTRIES = 8192;

/** Appends until the log has `size` entries; where it ended before, it goes on. The server MUST be down. */
export async function growLog(
  dataDir: string,
  size: number,
  entryAt: (at: number) => MadeEntry,
): Promise<void> {
  const log = createLog('warn');
  const postgres = await startPostgres({ dataDir, log });
  try {
    const db = openDb({ connection: postgres.connection, log });
    try {
      const tlog = await openTlog(await depsOf(dataDir, { db, log }));
      await append(tlog, size, entryAt);
      await tlog.close();
    } finally {
      await db.close();
    }
  } finally {
    await postgres.stop();
  }
}

async function depsOf(dataDir: string, given: Pick<TlogDeps, 'db' | 'log'>): Promise<TlogDeps> {
  const seal = await openGivenKey({ dataDir, fromEnvironment: null });
  if (seal === null) throw new Error(`${dataDir} holds no data of a server`);
  return {
    ...given,
    seal,
    blobs: await openFileSystem({ root: join(dataDir, 'blobs') }),
    clock: () => new Date(),
    metrics: tlogMetrics(createMetrics()),
    // Of new logs only, and there are none: the server has made them.
    publicUrl: 'http://127.0.0.1',
    instanceId: 'bench',
    place: null,
    highWater: null,
    limits: { batchWaitMs: 0, batchEntries: BATCH_ENTRIES, queueEntries: 2 * BATCH_ENTRIES },
  };
}

async function append(tlog: Tlog, size: number, entryAt: (at: number) => MadeEntry): Promise<void> {
  const { size: from } = await tlog.published('rekor').head();
  let written: Promise<unknown> = Promise.resolve();
  for (let start = from; start < size; start += BATCH_ENTRIES) {
    // The next batch is made while this one is written.
    const count = Math.min(BATCH_ENTRIES, size - start);
    const entries = Array.from({ length: count }, (_, offset) => entryAt(start + offset));
    await written;
    written = Promise.all(entries.map(({ rekord, facts }) => tlog.appendHashedRekord(rekord, facts)));
    console.error(`${start + count} of ${size} entries`);
  }
  await written;
}
