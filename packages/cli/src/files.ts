import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { isCoded } from '@waybill/core';
import { cliError } from './exit.ts';
import type { Session } from './session.ts';

/** Replaces `file` as `replaceFile` does, by a text and with mode 0600. */
export function writePrivate(
  session: Pick<Session, 'onInterrupt'>,
  file: string,
  text: string,
): Promise<void> {
  return replaceFile(session, file, { mode: 0o600, fill: (handle) => handle.writeFile(text) });
}

/**
 * Replaces `file` as a whole or not at all, durable when it returns: temp file in the same directory, fsync, rename,
 * fsync of the directory. An interrupted process leaves no temp file. Throws `cli_file`, and coded errors of `fill`.
 */
export async function replaceFile(
  session: Pick<Session, 'onInterrupt'>,
  file: string,
  { mode, fill }: { readonly mode: number; readonly fill: (handle: FileHandle) => Promise<void> },
): Promise<void> {
  const directory = path.dirname(file);
  await makeDirectory(directory);
  const temp = path.join(
    directory,
    `.${path.basename(file)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`,
  );
  const guard = session.onInterrupt(() => ignoreMissing(unlink(temp)));
  try {
    const handle = await open(temp, 'wx', mode);
    try {
      await fill(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temp, file);
    await syncDirectory(directory);
  } catch (cause) {
    await ignoreMissing(unlink(temp));
    if (isCoded(cause)) throw cause;
    throw cliError('cli_file', `cannot write ${file} (${reasonOf(cause)})`, { cause });
  } finally {
    guard.forget();
  }
}

/** With its parents, mode 0700. Throws `cli_file`. */
export async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdirs(directory);
  } catch (cause) {
    throw cliError('cli_file', `cannot create the directory ${directory} (${reasonOf(cause)})`, { cause });
  }
}

/** Node's own recursive mkdir never ends below a directory that takes none, such as /proc. */
async function mkdirs(directory: string): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && (await stat(directory)).isDirectory()) return;
    const parent = path.dirname(directory);
    if (codeOf(error) !== 'ENOENT' || parent === directory) throw error;
    await mkdirs(parent);
    await ignore('EEXIST', mkdir(directory, { mode: 0o700 }));
  }
}

/** The text of a file that the person named. Throws `cli_file`. */
export async function readNamed(file: string): Promise<string> {
  return (await readNamedBytes(file)).toString('utf8');
}

export async function readNamedBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw cliError(
      'cli_file',
      `cannot read ${file} (${reasonOf(cause)}): is the path right, and may you read it?`,
      {
        cause,
      },
    );
  }
}

export async function readAll(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** The text of a file, or null when there is none. */
export async function readIfPresent(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null;
    throw cliError('cli_file', `cannot read ${file} (${reasonOf(cause)})`, { cause });
  }
}

export async function removeIfPresent(file: string): Promise<void> {
  await ignoreMissing(unlink(file));
}

async function ignoreMissing(work: Promise<void>): Promise<void> {
  await ignore('ENOENT', work);
}

async function ignore(code: 'ENOENT' | 'EEXIST', work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (codeOf(error) !== code) throw error;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ENOSPC: 'no space left on the device',
  EROFS: 'read-only file system',
};

export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return (
    (code === undefined ? undefined : REASONS[code]) ??
    (error instanceof Error ? error.message : String(error))
  );
}
