import { createHash, randomBytes } from 'node:crypto';
import { type Client, createClient } from '@waybill/api/client';
import { Secret } from '@waybill/core';
import type { RunningServer } from '@waybill/server';
import type { BlobDriver, Clock, Config, Db, LocalTime, Logger, Tracing } from '@waybill/server/ground';
import type pg from 'pg';
import { rowsOf, testDatabase } from './database.ts';
import type { DatabaseProxy } from './database-proxy.ts';
import { tempDir } from './temp-dir.ts';

/** A whole server on a real socket, over a database and a directory of its own. */
export interface TestWorld {
  readonly url: string;
  readonly server: RunningServer;
  readonly db: Db;
  /** As the database's superuser. */
  readonly connection: pg.PoolConfig;
  readonly dataDir: string;
  readonly ownerToken: Secret<string>;
  /** As the organisation's owner. */
  readonly owner: Client;
  /** As the holder of another token; without one as nobody. */
  as(token?: Secret<string>): Client;
  /** A second tenant with an owner of its own. The server has no way yet to make one, so its rows are written. */
  stranger(name?: string): Promise<{ readonly token: Secret<string>; readonly client: Client }>;
  /** Rows of the database as its superuser sees them, past row-level security. */
  rows<T>(text: string, values?: readonly unknown[]): Promise<readonly T[]>;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly clock?: Clock;
  /** The clock, and what it is watched by. */
  readonly time?: LocalTime;
  readonly ntpServers?: Config['ntpServers'];
  readonly log?: Logger;
  readonly tracing?: Tracing;
  readonly metricsToken?: Secret<string>;
  /** Of requests; none unless told. */
  readonly limits?: Partial<Config['limits']>;
  readonly trustedProxies?: readonly string[];
  /** Of the certificate authority; P-256 unless told. */
  readonly caKey?: Config['caKey'];
  /** Issuers for every organisation. */
  readonly issuersFile?: string;
  /** Networks beside the public one in which issuers may be asked. */
  readonly issuerNetworks?: Config['issuerNetworks'];
  readonly maxConnections?: number;
  /** How often audit chains are anchored. */
  readonly anchorIntervalMs?: number;
  /** A file that remembers what the logs have signed. */
  readonly logGuard?: string;
  /** Stands between the rooms and the file system. */
  readonly blobs?: (driver: BlobDriver) => BlobDriver;
  /** Stands between the server and its database; closed with the world. */
  readonly databaseProxy?: DatabaseProxy;
}

function configOf(
  options: WorldOptions,
  at: { readonly databaseUrl: string; readonly dataDir: string },
): Config {
  const { dataDir } = at;
  return {
    listen: { host: '127.0.0.1', port: 0 },
    dataDir,
    publicUrl: null,
    allowUrlChange: false,
    metricsToken: options.metricsToken ?? null,
    databaseUrl: new Secret(at.databaseUrl),
    blobsDir: `${dataDir}/blobs`,
    logGuard: options.logGuard ?? null,
    tls: null,
    maxConnections: options.maxConnections ?? 4096,
    runLifetimeMs: 24 * 60 * 60 * 1000,
    trustedProxies: options.trustedProxies ?? [],
    ntpServers: options.ntpServers ?? [],
    clockToleranceMs: 1000,
    // Tests sign in wrongly hundreds of times a second.
    caKey: options.caKey ?? 'p256',
    issuersFile: options.issuersFile ?? null,
    issuerNetworks: options.issuerNetworks ?? [],
    limits: { tokenPerSecond: 0, addressPerSecond: 0, failedSignInsPerSecond: 0, ...options.limits },
    logFormat: null,
    logLevel: process.env['WAYBILL_TEST_LOG'] === undefined ? 'silent' : 'debug',
    masterKey: new Secret(randomBytes(32).toString('base64')),
    warnings: [],
  };
}

export async function testWorld(options: WorldOptions = {}): Promise<TestWorld> {
  // Loaded here and not above: most tests need a database, and no server.
  const { startServer } = await import('@waybill/server');
  const database = await testDatabase();
  const directory = await tempDir('waybill-world-');
  const { databaseProxy } = options;
  const databaseUrl = databaseProxy?.inFrontOf(database.connection) ?? database.url;
  const server = await startServer(configOf(options, { databaseUrl, dataDir: directory.path }), options);
  const { url, ownerToken } = server;
  if (ownerToken === null) throw new Error('a fresh database has no owner yet');
  const as = (token?: Secret<string>): Client => createClient({ url, token });
  const rows = <T>(text: string, values: readonly unknown[] = []): Promise<readonly T[]> =>
    rowsOf<T>(database.connection, text, values);
  return {
    url,
    server,
    db: database.db,
    connection: database.connection,
    dataDir: directory.path,
    ownerToken,
    owner: as(ownerToken),
    as,
    rows,
    async stranger(name = 'other') {
      const token = new Secret(`wb_${randomBytes(32).toString('base64url')}`);
      await rows(
        `with org as (insert into identity_organizations (name, created_at) values ($1, now()) returning org_id)
         insert into identity_tokens (org_id, name, hash, role, created_at, created_by)
         select org_id, 'owner', $2, 'owner', now(), 'test' from org`,
        [name, createHash('sha256').update(token.reveal()).digest()],
      );
      return { token, client: as(token) };
    },
    async close() {
      await server.close();
      await databaseProxy?.close();
      await database.close();
      await directory.remove();
    },
  };
}
