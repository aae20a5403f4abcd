import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tempDir, testDatabase } from '@waybill/testkit';
import pg from 'pg';
import {
  type App,
  type BlobDriver,
  createHttp,
  createLog,
  createSeal,
  type Db,
  openFileSystem,
} from '../src/ground/index.ts';
import {
  bootstrap,
  checkIssuer,
  type IdentityDeps,
  openIdentity,
  type Role,
  type Scope,
} from '../src/identity/index.ts';
import { openRegistry, type RegistryDeps, registryRoutes } from '../src/registry/index.ts';
import { openStore } from '../src/store/index.ts';

/** The registry with what lies below it, on a database and a directory of its own. */
export interface TestRegistry {
  readonly app: App;
  readonly db: Db;
  readonly blobs: BlobDriver;
  readonly registry: RegistryDeps;
  readonly publicUrl: string;
  /** Host and port of `publicUrl`. */
  readonly host: string;
  /** Of the organisation `default`. */
  readonly orgId: string;
  readonly ownerToken: string;
  /** Moves the clock. */
  advance(ms: number): void;
  createOrganization(name: string): Promise<{ readonly orgId: string; readonly token: string }>;
  createToken(orgId: string, role: Role, scope?: Scope): Promise<string>;
  query(text: string, values?: unknown[]): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

export async function openTestRegistry(
  options: { readonly maxBlobBytes?: number } = {},
): Promise<TestRegistry> {
  const database = await testDatabase();
  const directory = await tempDir();
  const { db } = database;
  let skippedMs = 0;
  const clock = () => new Date(Date.now() + skippedMs);
  const log = createLog(process.env['WAYBILL_TEST_LOG'] === undefined ? 'silent' : 'debug');
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  await checkIssuer({ db, clock }, publicUrl);
  const first = await bootstrap({ db, clock });
  const identity: IdentityDeps = await openIdentity({
    db,
    clock,
    seal: createSeal(randomBytes(32)),
    log,
    publicUrl,
  });
  const blobs = await openFileSystem({ root: directory.path });
  const registry = await openRegistry({ db, store: openStore(blobs), blobs, clock, ...options });
  const app = createHttp({ log, problems: {}, version: '0', publicUrl, ready: async () => [] });
  void app.register(registryRoutes({ registry, identity, publicUrl }));
  const superuser = new pg.Pool({ ...database.connection, max: 1 });
  // At the end the test server drops connections that are still saying goodbye.
  superuser.on('error', () => undefined);
  superuser.on('connect', (client) => client.on('error', () => undefined));
  const query: TestRegistry['query'] = async (text, values = []) =>
    (await superuser.query(text, values)).rows;
  const createToken = async (
    orgId: string,
    role: Role,
    scope: Scope = { type: 'organization' },
  ): Promise<string> => {
    const token = `wb_${randomBytes(32).toString('base64url')}`;
    await query(
      `insert into identity_tokens (org_id, name, hash, role, project, workflow, created_at, created_by)
       values ($1, $2, $3, $4, $5, $6, now(), 'test')`,
      [
        orgId,
        randomBytes(6).toString('hex'),
        createHash('sha256').update(token).digest(),
        role,
        'project' in scope ? scope.project : null,
        'workflow' in scope ? scope.workflow : null,
      ],
    );
    return token;
  };
  return {
    app,
    db,
    blobs,
    registry,
    publicUrl,
    host: `127.0.0.1:${port}`,
    orgId: first.orgId,
    ownerToken: first.ownerToken?.reveal() ?? '',
    advance: (ms) => {
      skippedMs += ms;
    },
    createToken,
    async createOrganization(name) {
      const [row] = await query(
        'insert into identity_organizations (name, created_at) values ($1, now()) returning org_id',
        [name],
      );
      const orgId = String(row?.['org_id']);
      return { orgId, token: await createToken(orgId, 'owner') };
    },
    query,
    async close() {
      await app.close();
      await identity.usage.settle();
      await superuser.end();
      await database.close();
      await directory.remove();
    },
  };
}

// The public URL stands in tokens and challenges, so it has to be known before the server listens.
async function freePort(): Promise<number> {
  const probe = createServer();
  await once(probe.listen(0, '127.0.0.1'), 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}
