/** The directory of a backup: files with their SHA-256, and the seal that makes them one. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CodedError, isCoded } from '@waybill/core';
import { fromBase64, toBase64 } from '@waybill/core/bytes';
import { sha256 } from '@waybill/core/crypto';
import type { Seal } from '../ground/index.ts';
import { backupError } from './errors.ts';

const SUMS_FILE = 'SHA256SUMS';
const SEAL_FILE = 'SHA256SUMS.seal';
const PURPOSE = 'backup: SHA256SUMS';
/** As `sha256sum` writes it; nothing in a backup needs other letters, or a way up. */
const SUM_LINE = /^([0-9a-f]{64}) {2}((?:[a-zA-Z0-9_-][a-zA-Z0-9._-]*\/)*[a-zA-Z0-9_-][a-zA-Z0-9._-]*)$/;

export type Sums = ReadonlyMap<string, string>;

/** Writes beside the place first: a directory under the final name is a whole backup. */
export class BackupWriter {
  readonly #final: string;
  readonly #draft: string;
  readonly #sums = new Map<string, string>();
  readonly #directories = new Set<string>();
  #sizeBytes = 0;

  private constructor(final: string) {
    this.#final = final;
    this.#draft = `${final}.partial`;
  }

  /** Throws `backup_exists`, `backup_file`. */
  static async create(path: string): Promise<BackupWriter> {
    const writer = new BackupWriter(resolve(path));
    if (await exists(writer.#final))
      throw backupError('backup_exists', `${writer.#final} exists already: name a directory that does not`);
    await onDisk(writer.#final, async () => {
      // What an attempt that was cut short has left.
      await rm(writer.#draft, { recursive: true, force: true });
      await mkdir(writer.#draft, { recursive: true, mode: 0o700 });
    });
    writer.#directories.add(writer.#draft);
    return writer;
  }

  get written(): { readonly files: number; readonly sizeBytes: number } {
    return { files: this.#sums.size, sizeBytes: this.#sizeBytes };
  }

  /** Durable when it resolves. Gives the SHA-256 in hex. */
  async write(path: string, source: AsyncIterable<Uint8Array> | Uint8Array): Promise<string> {
    const place = join(this.#draft, path);
    const hash = createHash('sha256');
    await onDisk(path, async () => {
      await this.#ensure(dirname(place));
      const file = await open(place, 'wx', 0o600);
      try {
        for await (const bytes of source instanceof Uint8Array ? [source] : source)
          await this.#append(file, hash, bytes);
        await file.sync();
      } finally {
        await file.close();
      }
    });
    const digest = hash.digest('hex');
    this.#sums.set(path, digest);
    return digest;
  }

  /** The sums, their seal, and the final name. `before` runs when all but the seal stands: what fails there leaves no backup. */
  async finish(seal: Seal, before: () => Promise<void>): Promise<void> {
    const lines = [...this.#sums].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const text = Buffer.from(lines.map(([path, sum]) => `${sum}  ${path}\n`).join(''));
    await this.write(SUMS_FILE, text);
    await before();
    await this.write(SEAL_FILE, Buffer.from(`${toBase64(seal.seal(sha256(text), PURPOSE))}\n`));
    await onDisk(this.#final, async () => {
      for (const directory of this.#directories) await syncDirectory(directory);
      await rename(this.#draft, this.#final);
      await syncDirectory(dirname(this.#final));
    });
  }

  async abandon(): Promise<void> {
    await rm(this.#draft, { recursive: true, force: true });
  }

  async #append(file: FileHandle, hash: Hash, bytes: Uint8Array): Promise<void> {
    hash.update(bytes);
    this.#sizeBytes += bytes.length;
    await file.writeFile(bytes);
  }

  async #ensure(directory: string): Promise<void> {
    if (this.#directories.has(directory)) return;
    await this.#ensure(dirname(directory));
    await mkdir(directory, { mode: 0o700, recursive: true });
    this.#directories.add(directory);
  }
}

/**
 * The sums, after the bytes of every file were compared with them. With a seal also that they were written under
 * this master key: without it the sums are only the word of whoever could write them.
 * Throws `backup_invalid`, `backup_not_authentic`.
 */
export async function verifyDirectory(directory: string, seal: Seal | null): Promise<Sums> {
  const text = await readSmall(directory, SUMS_FILE);
  const sealed = await readSmall(directory, SEAL_FILE);
  if (seal !== null) assertSealed(seal, sealed, text);
  const sums = parseSums(text.toString('utf8'));
  for (const path of sums.keys()) for await (const bytes of readVerified(directory, sums, path)) void bytes;
  return sums;
}

/** The bytes of one file; throws `backup_invalid` at their end when they are not those of the sum. */
export async function* readVerified(directory: string, sums: Sums, path: string): AsyncGenerator<Uint8Array> {
  const expected = sums.get(path);
  if (expected === undefined) throw backupError('backup_invalid', `${path} does not stand in ${SUMS_FILE}`);
  const hash = createHash('sha256');
  try {
    for await (const bytes of createReadStream(join(directory, path), { highWaterMark: 256 * 1024 })) {
      hash.update(bytes as Uint8Array);
      yield bytes as Uint8Array;
    }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw backupError('backup_invalid', `${join(directory, path)} cannot be read (${code})`, { cause });
  }
  const found = hash.digest('hex');
  if (found === expected) return;
  throw backupError(
    'backup_invalid',
    `${join(directory, path)} is damaged: expected SHA-256 ${expected}, found ${found}. Take another backup`,
  );
}

export async function readWhole(directory: string, sums: Sums, path: string): Promise<Uint8Array> {
  return Buffer.concat(await Array.fromAsync(readVerified(directory, sums, path)));
}

function assertSealed(seal: Seal, sealed: Buffer, sums: Buffer): void {
  try {
    const digest = seal.open(fromBase64(sealed.toString('utf8').trim(), SEAL_FILE), PURPOSE);
    if (Buffer.from(sha256(sums)).equals(digest)) return;
  } catch (error) {
    if (!isCoded(error, 'seal_broken', 'bytes_base64')) throw error;
  }
  throw backupError(
    'backup_not_authentic',
    'the backup was not made under this master key, or somebody has changed it since: give the key of the server that it was taken from, else take another backup',
  );
}

function parseSums(text: string): Sums {
  const sums = new Map<string, string>();
  for (const line of text.split('\n').slice(0, -1)) {
    const [, sum, path] = SUM_LINE.exec(line) ?? [];
    if (sum === undefined || path === undefined || sums.has(path))
      throw backupError('backup_invalid', `${SUMS_FILE} is damaged: ${JSON.stringify(line.slice(0, 200))}`);
    sums.set(path, sum);
  }
  return sums;
}

async function readSmall(directory: string, name: string): Promise<Buffer> {
  try {
    return await readFile(join(directory, name));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw backupError(
      'backup_invalid',
      `${join(directory, name)} cannot be read (${code}): expected the directory of a finished backup`,
      { cause },
    );
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** A failure of the disk under the backup, named; one of the source passes. */
async function onDisk<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (cause instanceof CodedError || code === undefined || !/^E[A-Z]+$/.test(code)) throw cause;
    throw backupError('backup_file', `${what} cannot be written (${code}): check place, space and rights`, {
      cause,
    });
  }
}
