import type { Tx } from '../../ground/index.ts';
import type { At } from '../queries.ts';

type UploadTables = {
  registry_uploads: { id: string; org_id: string; repository: string; token_id: string; expires_at: Date };
};

const tables = (tx: Tx) => tx.withTables<UploadTables>();

export async function insertUpload(
  tx: Tx,
  at: At,
  upload: { readonly id: string; readonly tokenId: string; readonly expiresAt: Date },
): Promise<void> {
  await tables(tx)
    .insertInto('registry_uploads')
    .values({
      id: upload.id,
      org_id: at.orgId,
      repository: at.repository,
      token_id: upload.tokenId,
      expires_at: upload.expiresAt,
    })
    .execute();
}

/** The live session; its life is prolonged to `expiresAt` in the same statement. */
export async function touchUpload(
  tx: Tx,
  at: At,
  upload: { readonly id: string; readonly now: Date; readonly expiresAt: Date },
): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('registry_uploads')
    .set({ expires_at: upload.expiresAt })
    .where('id', '=', upload.id)
    .where((is) => is.and({ org_id: at.orgId, repository: at.repository }))
    .where('expires_at', '>', upload.now)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function removeUpload(tx: Tx, id: string): Promise<void> {
  await tables(tx).deleteFrom('registry_uploads').where('id', '=', id).execute();
}

export async function selectExpiredUploads(tx: Tx, now: Date, limit: number): Promise<readonly string[]> {
  const rows = await tables(tx)
    .selectFrom('registry_uploads')
    .select('id')
    .where('expires_at', '<=', now)
    .orderBy('expires_at')
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
}
