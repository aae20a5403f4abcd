/** What the logs have signed last, kept where a restore of this server's data does not reach. */
import { readFile } from 'node:fs/promises';
import { messageOf } from '@waybill/core';
import { Fields, parseJson, utf8 } from '@waybill/core/bytes';
import { replaceFile } from '../ground/index.ts';
import { tlogError } from './errors.ts';

export interface HighWater {
  /** The checkpoint that was raised last; null when this log has none here. Throws `tlog_guard`. */
  read(origin: string): Promise<string | null>;
  /** Durable when it resolves. Throws `tlog_guard`. */
  raise(origin: string, checkpoint: string): Promise<void>;
}

/** One file for all logs: JSON, each log's signed note under its name. Its directory must be there. */
export function openHighWater(path: string): HighWater {
  /** One change after the other: each writes the whole file. */
  let last: Promise<unknown> = Promise.resolve();
  const readAll = async (): Promise<ReadonlyMap<string, string>> => {
    const bytes = await guarded(() => readFile(path).catch(ifMissing));
    if (bytes === null) return new Map();
    return guarded(async () => {
      const fields = new Fields(parseJson(bytes, 'guard'), 'guard');
      return new Map(fields.keys().map((origin) => [origin, fields.string(origin)]));
    });
  };
  const raise = async (origin: string, checkpoint: string): Promise<void> => {
    const all = new Map(await readAll()).set(origin, checkpoint);
    const text = `${JSON.stringify(Object.fromEntries(all), null, 1)}\n`;
    await guarded(() => replaceFile(path, utf8(text)));
  };
  return {
    read: async (origin) => (await readAll()).get(origin) ?? null,
    raise(origin, checkpoint) {
      const mine = last.then(() => raise(origin, checkpoint));
      // Whoever waits for the next change is not told of a failure of this one.
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? messageOf(cause);
    throw tlogError(
      'tlog_guard',
      `the guard file of the logs (WAYBILL_LOG_GUARD) cannot be used (${reason}): without it nothing is signed. See that its directory is there and can be written to; do not remove the file before you know that this data is the newest`,
      { cause },
    );
  }
}

function ifMissing(error: unknown): null {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
  throw error;
}
