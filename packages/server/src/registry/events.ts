import type { Digest } from '@waybill/core/digest';
import { emit, type Tx } from '../ground/index.ts';

export interface ManifestPushed {
  readonly repository: string;
  readonly digest: Digest;
  readonly tags: readonly string[];
  readonly subject?: Digest;
}

export interface ManifestDeleted {
  readonly repository: string;
  /** The tag, when only a tag was taken away. */
  readonly tag?: string;
  readonly digest: Digest;
}

export function emitManifestsPushed(tx: Tx, orgId: string, pushed: readonly ManifestPushed[]): Promise<void> {
  return emit(
    tx,
    pushed.map((data) => ({ orgId, type: 'registry.manifest-pushed', data: { ...data } })),
  );
}

export function emitManifestDeleted(tx: Tx, orgId: string, data: ManifestDeleted): Promise<void> {
  return emit(tx, { orgId, type: 'registry.manifest-deleted', data: { ...data } });
}
