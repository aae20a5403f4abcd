import type { Seal } from '../ground/index.ts';
import { readWhole, type Sums, verifyDirectory } from './directory.ts';
import { MANIFEST_FILE, type Manifest, parseManifest } from './manifest.ts';

export interface VerifiedBackup {
  readonly directory: string;
  readonly manifest: Manifest;
  readonly sums: Sums;
  /** False without a master key: then only that nothing has fallen apart is known. */
  readonly authentic: boolean;
}

/** Reads every byte. Throws `backup_invalid`, `backup_not_authentic`, `backup_newer`. */
export async function verifyBackup(directory: string, seal: Seal | null): Promise<VerifiedBackup> {
  const sums = await verifyDirectory(directory, seal);
  const manifest = parseManifest(await readWhole(directory, sums, MANIFEST_FILE));
  return { directory, manifest, sums, authentic: seal !== null };
}
