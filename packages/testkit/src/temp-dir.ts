import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TempDir {
  readonly path: string;
  remove(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** An empty directory under the temp folder. As root its mode lets PostgreSQL's account pass through. */
export async function tempDir(prefix = 'waybill-test-'): Promise<TempDir> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  if (process.geteuid?.() === 0) await chmod(path, 0o711);
  // A PostgreSQL whose server was killed writes on for a moment.
  const remove = (): Promise<void> =>
    rm(path, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
  return { path, remove, [Symbol.asyncDispose]: remove };
}
