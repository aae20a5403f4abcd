import { constants, type FileHandle, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The writing calls of the file-system driver; tests make each of them fail. */
export interface Disk {
  /** A new file, mode 0600. */
  create(path: string): Promise<FileHandle>;
  write(file: FileHandle, bytes: Uint8Array, position: number): Promise<void>;
  sync(file: FileHandle): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
  /** With all parents, their names durable. */
  makeDirectory(path: string): Promise<void>;
}

export const realDisk: Disk = {
  create: (path) => open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600),
  async write(file, bytes, position) {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  },
  sync: (file) => file.sync(),
  rename,
  remove: unlink,
  syncDirectory,
  async makeDirectory(path) {
    const first = await mkdir(path, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    // From the deepest up to the parent of the first that was missing.
    const top = dirname(first);
    for (let at = dirname(path); at.length >= top.length; at = dirname(at)) {
      await syncDirectory(at);
      if (at === top) break;
    }
  },
};

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
