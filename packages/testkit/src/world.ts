import { randomBytes } from 'node:crypto';
import { Secret } from '@waybill/core';
import { createClient, type Client } from '@waybill/api/client';
import { type RunningServer, startServer } from '@waybill/server';
import type { Clock, Db } from '@waybill/server/ground';
import { testDatabase } from './database.ts';
import { tempDir } from './temp-dir.ts';

/** A whole server on a real socket, over a database and a directory of its own. */
export interface TestWorld {
  readonly url: string;
  readonly server: RunningServer;
  readonly db: Db;
  readonly dataDir: string;
  readonly ownerToken: Secret<string>;
  /** As the organisation's owner. */
  readonly owner: Client;
  /** As the holder of another token; without one as nobody. */
  as(token?: Secret<string>): Client;
  close(): Promise<void>;
}

export async function testWorld(options: { readonly clock?: Clock } = {}): Promise<TestWorld> {
  const database = await testDatabase();
  const directory = await tempDir('waybill-world-');
  const server = await startServer(
    {
      listen: { host: '127.0.0.1', port: 0 },
      dataDir: directory.path,
      publicUrl: null,
      databaseUrl: new Secret(database.url),
      blobsDir: `${directory.path}/blobs`,
      logLevel: process.env['WAYBILL_TEST_LOG'] === undefined ? 'silent' : 'debug',
      masterKey: new Secret(randomBytes(32).toString('base64')),
    },
    options,
  );
  const { url, ownerToken } = server;
  if (ownerToken === null) throw new Error('a fresh database has no owner yet');
  const as = (token?: Secret<string>): Client => createClient({ url, token });
  return {
    url,
    server,
    db: database.db,
    dataDir: directory.path,
    ownerToken,
    owner: as(ownerToken),
    as,
    async close() {
      await server.close();
      await database.close();
      await directory.remove();
    },
  };
}
