import { createHash, randomUUID } from 'node:crypto';
import { constants, type FileHandle, open, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { CodedError, isCoded, messageOf } from '@waybill/core';
import { algorithmOf, type Digest } from '@waybill/core/digest';
import { assertBlobKey, type BlobDriver, type BlobRange, type PutOptions } from './blob-driver.ts';
import { type Disk, realDisk } from './disk.ts';
import { coded, diskFault, ifMissing, ignoreMissing, mismatch, notFound, tooLarge } from './faults.ts';
import { WriteBehind } from './write-behind.ts';

export interface FileSystemOptions {
  /** Created when missing, mode 0700. One process at a time: the instance lock sees to it. */
  readonly root: string;
  readonly disk?: Disk;
  /** A server may be at work over it: what lies aside is its own, and nothing is written here. */
  readonly inUse?: boolean;
}

/** No key can begin with a dot, so the driver's own directory is out of every caller's reach. */
const ASIDE = '.tmp';

/** What ping() writes: a block of the disk. */
const PROBE = new Uint8Array(4096);

/** Opens the store and removes what an interrupted write left aside. */
export async function openFileSystem(options: FileSystemOptions): Promise<BlobDriver> {
  const driver = new FileSystemDriver(options.root, options.disk ?? realDisk);
  if (!options.inUse) await driver.recover();
  return driver;
}

class FileSystemDriver implements BlobDriver {
  readonly #root: string;
  readonly #disk: Disk;
  readonly #knownDirectories = new Set<string>();
  readonly #appending = new Set<string>();

  constructor(root: string, disk: Disk) {
    this.#root = root;
    this.#disk = disk;
  }

  async recover(): Promise<void> {
    await coded('the store', async () => {
      await this.#disk.makeDirectory(join(this.#root, ASIDE));
      for (const name of await readdir(join(this.#root, ASIDE))) await this.#removeQuietly(this.#aside(name));
    });
  }

  async put(
    key: string,
    source: AsyncIterable<Uint8Array> | Uint8Array,
    options: PutOptions = {},
  ): Promise<{ digest: Digest; sizeBytes: number }> {
    const target = this.#place(key);
    const algorithm = options.expected === undefined ? 'sha256' : algorithmOf(options.expected);
    const hash = createHash(algorithm);
    let sizeBytes = 0;
    let digest: Digest | undefined;
    await this.#writeWhole(key, target, async (write) => {
      const behind = new WriteBehind(write);
      try {
        for await (const chunk of chunksOf(source, key)) {
          sizeBytes += chunk.length;
          if (sizeBytes > (options.maxBytes ?? Number.POSITIVE_INFINITY))
            throw tooLarge(key, options.maxBytes ?? 0);
          hash.update(chunk);
          await behind.add(chunk);
        }
        await behind.end();
      } finally {
        await behind.abandon();
      }
      digest = `${algorithm}:${hash.digest('hex')}`;
      if (options.expected !== undefined && digest !== options.expected)
        throw mismatch(options.expected, digest);
    });
    return { digest: digest as Digest, sizeBytes };
  }

  async replace(key: string, bytes: Uint8Array): Promise<void> {
    await this.#writeWhole(key, this.#place(key), (write) => write(bytes));
  }

  async open(key: string, range?: BlobRange): Promise<Readable> {
    const path = this.#place(key);
    const file = await coded(key, () => open(path, constants.O_RDONLY));
    try {
      const found = await coded(key, () => file.stat());
      if (!found.isFile()) throw notFound(key);
      const bounds = range === undefined ? {} : boundsOf(key, range, found.size);
      return file.createReadStream({ ...bounds, highWaterMark: 256 * 1024 });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async read(key: string): Promise<Uint8Array> {
    const path = this.#place(key);
    return coded(key, () => readFile(path));
  }

  async stat(key: string): Promise<{ sizeBytes: number } | null> {
    const path = this.#place(key);
    try {
      const found = await coded(key, () => stat(path));
      return found.isFile() ? { sizeBytes: found.size } : null;
    } catch (error) {
      if (error instanceof CodedError && error.code === 'blob_not_found') return null;
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    const path = this.#place(key);
    if ((await this.stat(key)) === null) return;
    await coded(key, async () => {
      await this.#disk.remove(path).catch(ignoreMissing);
      await this.#disk.syncDirectory(dirname(path));
    });
  }

  async append(
    key: string,
    source: AsyncIterable<Uint8Array>,
    options: { readonly at: number; readonly maxBytes: number },
  ): Promise<{ sizeBytes: number }> {
    const path = this.#place(key);
    if (this.#appending.has(key)) {
      throw new CodedError(
        'blob_busy',
        `upload ${key}: another request is writing to it: wait for its end, then ask for its size`,
      );
    }
    this.#appending.add(key);
    try {
      const file = await this.#openPart(key, path, options.at);
      try {
        return await this.#appendTo(file, key, source, options);
      } finally {
        await file.close();
      }
    } finally {
      this.#appending.delete(key);
    }
  }

  async rename(from: string, to: string): Promise<void> {
    const [source, target] = [this.#place(from), this.#place(to)];
    await coded(from, async () => {
      await this.#ensureDirectory(dirname(target));
      await this.#disk.rename(source, target);
      await this.#disk.syncDirectory(dirname(target));
      if (dirname(source) !== dirname(target)) await this.#disk.syncDirectory(dirname(source));
    });
  }

  async *list(prefix: string): AsyncGenerator<string> {
    const directory = this.#place(prefix);
    const entries = await coded(prefix, () => readdir(directory, { withFileTypes: true })).catch(
      ifMissing([]),
    );
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const key = `${prefix}/${entry.name}`;
      if (entry.isDirectory()) yield* this.list(key);
      else if (entry.isFile()) yield key;
    }
  }

  async ping(): Promise<void> {
    const path = this.#aside(randomUUID());
    try {
      const file = await this.#disk.create(path);
      try {
        // A full disk still takes names: only bytes that are durable prove that there is room.
        await this.#disk.write(file, PROBE, 0);
        await this.#disk.sync(file);
      } finally {
        await file.close();
      }
      await this.#disk.remove(path);
    } catch (cause) {
      await this.#removeQuietly(path);
      throw diskFault('the store', cause);
    }
  }

  #place(key: string): string {
    assertBlobKey(key);
    return join(this.#root, key);
  }

  #aside(name: string): string {
    return join(this.#root, ASIDE, name);
  }

  /**
   * The one way in which bytes get a name. A crash before the rename leaves a file aside, which recover()
   * removes; after it, whole bytes: their contents were made durable before.
   */
  async #writeWhole(
    key: string,
    target: string,
    produce: (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
  ): Promise<void> {
    const aside = this.#aside(randomUUID());
    const file = await coded(key, () => this.#disk.create(aside));
    try {
      let position = 0;
      try {
        await produce(async (bytes) => {
          await coded(key, () => this.#disk.write(file, bytes, position));
          position += bytes.length;
        });
        await coded(key, () => this.#disk.sync(file));
      } finally {
        await file.close();
      }
      await coded(key, async () => {
        await this.#ensureDirectory(dirname(target));
        await this.#disk.rename(aside, target);
      });
    } catch (error) {
      await this.#removeQuietly(aside);
      throw error;
    }
    await coded(key, () => this.#disk.syncDirectory(dirname(target)));
  }

  async #openPart(key: string, path: string, at: number): Promise<FileHandle> {
    const known = await this.stat(key);
    const sizeBytes = known?.sizeBytes ?? 0;
    if (sizeBytes !== at) {
      throw new CodedError(
        'blob_wrong_offset',
        `upload ${key}: it has ${sizeBytes} bytes, the next must be byte ${sizeBytes}, not ${at}`,
        {
          detail: { sizeBytes },
        },
      );
    }
    return coded(key, async () => {
      if (known !== null) return open(path, constants.O_RDWR);
      await this.#ensureDirectory(dirname(path));
      const file = await this.#disk.create(path);
      await this.#disk.syncDirectory(dirname(path));
      return file;
    });
  }

  async #appendTo(
    file: FileHandle,
    key: string,
    source: AsyncIterable<Uint8Array>,
    { at, maxBytes }: { readonly at: number; readonly maxBytes: number },
  ): Promise<{ sizeBytes: number }> {
    let [sizeBytes, writtenBytes] = [at, at];
    const behind = new WriteBehind(async (bytes) => {
      await coded(key, () => this.#disk.write(file, bytes, writtenBytes));
      writtenBytes += bytes.length;
    });
    try {
      for await (const chunk of chunksOf(source, key)) {
        sizeBytes += chunk.length;
        if (sizeBytes > maxBytes) throw tooLarge(key, maxBytes);
        await behind.add(chunk);
      }
      await behind.end();
    } catch (error) {
      await behind.abandon();
      // What was written before an interruption stays; half a write, or an upload that breaks its limit, goes
      // back to a size that we can answer for.
      const keep = isCoded(error, 'blob_interrupted') ? writtenBytes : at;
      await coded(key, () => file.truncate(keep));
      await this.#confirm(file, key, at);
      throw error;
    }
    await this.#confirm(file, key, at);
    return { sizeBytes };
  }

  /** Bytes that the disk does not confirm are taken back: a second fsync would succeed without having written them. */
  async #confirm(file: FileHandle, key: string, at: number): Promise<void> {
    try {
      await coded(key, () => this.#disk.sync(file));
    } catch (error) {
      await coded(key, () => file.truncate(at));
      throw error;
    }
  }

  async #ensureDirectory(directory: string): Promise<void> {
    if (directory === this.#root || this.#knownDirectories.has(directory)) return;
    await this.#ensureDirectory(dirname(directory));
    await this.#disk.makeDirectory(directory);
    // One that is there may be by a process that was killed before its name was durable.
    await this.#disk.syncDirectory(dirname(directory));
    this.#knownDirectories.add(directory);
  }

  /** On the way out of a failure: what stays aside is removed at the next start. */
  async #removeQuietly(path: string): Promise<void> {
    await this.#disk.remove(path).catch(() => undefined);
  }
}

/** Whatever breaks in the source is the sender's failure, not the disk's. */
async function* chunksOf(
  source: AsyncIterable<Uint8Array> | Uint8Array,
  key: string,
): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) {
    yield source;
    return;
  }
  const chunks = source[Symbol.asyncIterator]();
  let finished = false;
  try {
    while (true) {
      const next = await chunks.next().catch((cause: unknown) => {
        finished = true;
        if (cause instanceof CodedError) throw cause;
        throw new CodedError(
          'blob_interrupted',
          `blob ${key}: the upload broke off (${messageOf(cause)}): send it again`,
          { cause },
        );
      });
      finished = next.done === true;
      if (finished) return;
      yield next.value as Uint8Array;
    }
  } finally {
    if (!finished) await chunks.return?.();
  }
}

function boundsOf(key: string, range: BlobRange, sizeBytes: number): { start: number; end: number } {
  const end = Math.min(range.end ?? sizeBytes - 1, sizeBytes - 1);
  const valid = Number.isSafeInteger(range.start) && Number.isSafeInteger(end) && range.start >= 0;
  if (valid && range.start < sizeBytes && end >= range.start) return { start: range.start, end };
  throw new CodedError(
    'blob_range_invalid',
    `blob ${key}: it has ${sizeBytes} bytes, none of which are in the range ${range.start}-${range.end ?? ''}`,
    { detail: { sizeBytes } },
  );
}
