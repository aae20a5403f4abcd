import { toHex } from '@waybill/core/bytes';
import { askTogether, type Db } from '../ground/index.ts';
import { type CredentialRow, findCredentials } from './queries.ts';

/** One that is proven by a secret. */
export interface SecretCredential extends CredentialRow {
  readonly hash: Uint8Array;
}

/** API tokens as the database has them now; undefined for one that is not there. */
export interface Credentials {
  /** By SHA-256 of the token; a trusted pipeline has none. */
  byHash(hash: Uint8Array): Promise<SecretCredential | undefined>;
  byId(id: string): Promise<CredentialRow | undefined>;
}

/** Every request asks for one, so those that come together are looked up together. Nothing is kept. */
export function openCredentials(db: Db): Credentials {
  return Object.freeze({
    byHash: askTogether(async (hashes: readonly Uint8Array[]) => {
      const rows = await db.asSystem((tx) => findCredentials(tx, { hashes }), { atOnce: true });
      const found = new Map(
        rows.flatMap(({ hash, ...row }) => (hash ? [[toHex(hash), { ...row, hash }] as const] : [])),
      );
      return hashes.map((hash) => found.get(toHex(hash)));
    }),
    byId: askTogether(async (ids: readonly string[]) => {
      const rows = await db.asSystem((tx) => findCredentials(tx, { ids }), { atOnce: true });
      const found = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => found.get(id));
    }),
  });
}
