/** Whether a directory is the one that it was: a file in it says its own place on the disk, which no copy of it shares. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { realDisk } from './disk.ts';
import { diskFault } from './faults.ts';

/** `elsewhere`: the marker was written in another place, or is none. */
export type Place = 'here' | 'elsewhere' | 'unmarked';

export interface PlaceMarker {
  /** For people. */
  readonly directory: string;
  /** Throws `blob_unavailable`. */
  look(): Promise<Place>;
  /** From now on this is the right place. Durable. Throws `blob_unavailable`, `blob_disk_full`. */
  mark(): Promise<void>;
}

/** No key of the store begins with a dot. */
const FILE = '.place';

/** `directory` must be there. */
export function placeMarker(directory: string): PlaceMarker {
  const path = join(directory, FILE);
  return {
    directory,
    look: () =>
      coded(async () => {
        const written = await unlessMissing(readFile(path, 'utf8'));
        if (written === null) return 'unmarked';
        return written === (await ownPlace(path)) ? 'here' : 'elsewhere';
      }),
    mark: () => coded(() => mark(directory, path)),
  };
}

async function mark(directory: string, path: string): Promise<void> {
  const aside = `${path}.new`;
  await unlessMissing(realDisk.remove(aside));
  const file = await realDisk.create(aside);
  try {
    await realDisk.write(file, Buffer.from(await ownPlace(aside)), 0);
    await realDisk.sync(file);
  } finally {
    await file.close();
  }
  // A rename keeps all that the file says of itself.
  await realDisk.rename(aside, path);
  await realDisk.syncDirectory(directory);
}

async function coded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskFault('the marker of the store', error);
  }
}

/** Inode, device and birth time: a copy differs in the first or the last, a clone of the disk in the second at most. */
async function ownPlace(path: string): Promise<string> {
  const { ino, dev, birthtimeNs } = await stat(path, { bigint: true });
  return `inode ${ino}\ndevice ${dev}\nborn ${birthtimeNs}\n`;
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
