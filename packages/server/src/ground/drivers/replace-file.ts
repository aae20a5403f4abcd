import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { type Disk, realDisk } from './disk.ts';

/** The file has the new bytes, durably, or the old ones: never a part of either. Its directory must be there. */
export async function replaceFile(path: string, bytes: Uint8Array, disk: Disk = realDisk): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  const file = await disk.create(aside);
  try {
    try {
      await disk.write(file, bytes, 0);
      await disk.sync(file);
    } finally {
      await file.close();
    }
    await disk.rename(aside, path);
  } catch (error) {
    // On the way out of a failure: what stays aside only takes room.
    await disk.remove(aside).catch(() => undefined);
    throw error;
  }
  await disk.syncDirectory(dirname(path));
}
