/** A log's files as they lie on the disk (C2SP tlog-tiles.md), read without the server. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const TILE_WIDTH = 256;

/** What is wrong with a file, for people. */
export class FileFault extends Error {}

export interface LogFiles {
  /** null: there is none. */
  readCheckpoint(): Promise<string | null>;
  /** The first `width` hashes of a tile. Throws a FileFault. */
  readHashes(level: number, index: number, width: number): Promise<readonly Buffer[]>;
  /** The first `width` entries of a bundle. Throws a FileFault. */
  readEntries(index: number, width: number): Promise<readonly Buffer[]>;
}

export function logFiles(directory: string): LogFiles {
  return {
    readCheckpoint: async () =>
      (await unlessMissing(readFile(join(directory, 'checkpoint'))))?.toString() ?? null,
    async readHashes(level, index, width) {
      const { path, bytes } = await readWidest(directory, `tile/${level}/${pathOf(index)}`, width);
      if (bytes.length % 32 !== 0 || bytes.length < width * 32)
        throw new FileFault(
          `${path} has ${bytes.length} bytes, and ${width} hashes of 32 are expected in it`,
        );
      return Array.from({ length: width }, (_, at) => bytes.subarray(at * 32, at * 32 + 32));
    },
    async readEntries(index, width) {
      const { path, bytes } = await readWidest(directory, `tile/entries/${pathOf(index)}`, width);
      const entries: Buffer[] = [];
      let at = 0;
      while (entries.length < width) {
        const end = at + 2 <= bytes.length ? at + 2 + bytes.readUInt16BE(at) : Number.POSITIVE_INFINITY;
        if (end > bytes.length)
          throw new FileFault(`${path} ends within entry ${entries.length} of ${width}`);
        entries.push(bytes.subarray(at + 2, end));
        at = end;
      }
      return entries;
    },
  };
}

/** 1234067 is x001/x234/067. */
function pathOf(index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.../g) ?? [];
  return groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join('/');
}

/** A file of just that width may have given way to a wider one, which begins alike. */
async function readWidest(
  directory: string,
  name: string,
  width: number,
): Promise<{ readonly path: string; readonly bytes: Buffer }> {
  const wider = (await unlessMissing(readdir(join(directory, `${name}.p`)))) ?? [];
  const widths = [width, ...wider.map(Number).filter((other) => other > width && other < TILE_WIDTH)];
  const names = widths.filter((one) => one < TILE_WIDTH).map((one) => `${name}.p/${one}`);
  for (const path of [...names, name]) {
    const bytes = await unlessMissing(readFile(join(directory, path)));
    if (bytes !== null) return { path, bytes };
  }
  throw new FileFault(`${width === TILE_WIDTH ? name : `${name}.p/${width}`} is missing`);
}

/** null for what is not there; what is there and cannot be read is no damage of the log, and ends the check. */
async function unlessMissing<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
