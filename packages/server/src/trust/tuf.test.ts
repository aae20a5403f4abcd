import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it, mock } from 'node:test';
import { CodedError } from '@waybill/core';
import { formatTrustedRoot } from '@waybill/core/trust';
import { rowsOf, type TempDir, type TestDatabase, tempDir, testDatabase } from '@waybill/testkit';
import { Updater } from 'tuf-js';
import {
  type App,
  createEgress,
  createHttp,
  createLog,
  createMetrics,
  createSeal,
  openFileSystem,
} from '../ground/index.ts';
import { openTlog, type Tlog, tlogMetrics } from '../tlog/index.ts';
import {
  openTrust,
  openTuf,
  TRUST_PROBLEMS,
  type Trust,
  type Tuf,
  type TufDeps,
  trustMetrics,
  tufRoutes,
} from './index.ts';
import { operatorIssuers } from './issuers/operator-issuers.ts';

const PUBLIC_URL = 'http://waybill.example.com:7070';
const BIRTH = new Date('2026-03-01T12:00:00.250Z');
const DAY_MS = 24 * 60 * 60 * 1000;
const MASTER_KEY = randomBytes(32);
const lines: string[] = [];
const log = createLog('info', { destination: { write: (line: string) => void lines.push(line) } });

let now = BIRTH;
/** The client has no clock of its own to set: it reads the same day from a `Date` that stands still. */
function goTo(time: Date): void {
  now = time;
  mock.timers.setTime(time.getTime());
}
const later = (days: number) => new Date(now.getTime() + days * DAY_MS);

let folder: TempDir;
let tlogDatabase: TestDatabase;
let tlog: Tlog;
let trust: Trust;

before(async () => {
  mock.timers.enable({ apis: ['Date'], now: BIRTH });
  [tlogDatabase, folder] = await Promise.all([testDatabase(), tempDir()]);
  const shared = {
    db: tlogDatabase.db,
    seal: createSeal(MASTER_KEY),
    clock: () => now,
    clockDoubt: () => null,
    log,
  };
  const blobs = await openFileSystem({ root: join(folder.path, 'blobs') });
  const tlogFigures = tlogMetrics(createMetrics());
  tlog = await openTlog({
    ...shared,
    blobs,
    metrics: tlogFigures,
    publicUrl: PUBLIC_URL,
    instanceId: 'test',
    place: null,
    highWater: null,
  });
  trust = await openTrust({
    ...shared,
    metrics: trustMetrics(createMetrics()),
    publicUrl: PUBLIC_URL,
    issuerUrl: `${PUBLIC_URL}/oidc`,
    tlog,
    verifyIdentityToken: async () => {
      throw new CodedError('identity_token_invalid', 'nobody signs in here');
    },
    egress: createEgress({ allow: [] }),
    operatorIssuers: operatorIssuers(null),
    caKey: 'p256',
    randomBytes,
  });
});

after(async () => {
  mock.timers.reset();
  await trust.close();
  await tlog.close();
  await tlogDatabase.close();
  await folder.remove();
});

/** A server over a database of its own, and what a client keeps between its visits. */
interface Installation extends AsyncDisposable {
  readonly database: TestDatabase;
  /** Starts (again), as after days of standing still. */
  start(change?: Partial<TufDeps>): Promise<Tuf>;
  readonly url: string;
  inject(path: string, method?: 'GET' | 'HEAD'): Promise<Awaited<ReturnType<App['inject']>>>;
}

async function installation(): Promise<Installation> {
  const database = await testDatabase();
  let tuf: Tuf;
  const start = async (change: Partial<TufDeps> = {}) => {
    tuf = await openTuf({
      db: database.db,
      seal: createSeal(MASTER_KEY),
      clock: () => now,
      clockDoubt: () => null,
      log,
      metrics: trustMetrics(createMetrics()),
      publicUrl: PUBLIC_URL,
      trustedRoot: trust.trustedRoot(),
      signingConfig: trust.signingConfig(),
      ...change,
    });
    return tuf;
  };
  const app = createHttp({
    log: createLog('silent'),
    problems: TRUST_PROBLEMS,
    version: '0',
    publicUrl: PUBLIC_URL,
    ready: async () => [],
  });
  // Of the newest start, as behind one address.
  const newest: Tuf = {
    readMetadata: (file) => tuf.readMetadata(file),
    readTarget: (target) => tuf.readTarget(target),
    renew: () => tuf.renew(),
  };
  await app.register(tufRoutes(newest));
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    database,
    start,
    url: `${address}/tuf`,
    inject: async (path, method = 'GET') => app.inject({ method, url: `/tuf/${path}` }),
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await database.close();
    },
  };
}

/** Unmodified tuf-js, which begins with the first root and keeps what it has seen. */
async function clientOf({ url, inject }: Installation): Promise<{
  visit(): Promise<Updater>;
  read(name: string): Promise<string>;
  copy(): Promise<() => Promise<Updater>>;
}> {
  const place = join(folder.path, randomBytes(6).toString('hex'));
  await mkdir(join(place, 'targets'), { recursive: true });
  await writeFile(join(place, 'root.json'), (await inject('1.root.json')).rawPayload);
  const updaterIn = (metadataDir: string) =>
    new Updater({
      metadataDir,
      metadataBaseUrl: url,
      targetDir: join(place, 'targets'),
      targetBaseUrl: `${url}/targets`,
    });
  const visitWith = async (metadataDir: string) => {
    const updater = updaterIn(metadataDir);
    await updater.refresh();
    return updater;
  };
  return {
    visit: () => visitWith(place),
    async read(name) {
      const updater = await visitWith(place);
      const info = await updater.getTargetInfo(name);
      assert.ok(info, name);
      return readFile(await updater.downloadTarget(info), 'utf8');
    },
    async copy() {
      const other = `${place}-copy`;
      await cp(place, other, { recursive: true });
      return () => visitWith(other);
    },
  };
}

interface Served {
  readonly signed: {
    readonly version: number;
    readonly expires: string;
    readonly meta: Readonly<Record<string, { readonly version: number }>>;
    readonly targets: Readonly<
      Record<string, { readonly hashes: { readonly sha256: string }; readonly custom?: object }>
    >;
  };
}

const served = async (of: Installation, path: string): Promise<Served['signed']> => {
  const answer = await of.inject(path);
  assert.equal(answer.statusCode, 200, path);
  return (answer.json() as Served).signed;
};

/** What the four roles say now, found as a client finds it. */
async function newestOf(of: Installation) {
  const timestamp = await served(of, 'timestamp.json');
  const snapshot = await served(of, `${timestamp.meta['snapshot.json']?.version}.snapshot.json`);
  const targets = await served(of, `${snapshot.meta['targets.json']?.version}.targets.json`);
  return { root: await served(of, 'root.json'), targets, snapshot, timestamp };
}

describe('the TUF repository', () => {
  beforeEach(() => goTo(BIRTH));

  it('carries the documents to tuf-js, and keys by themselves for older clients', async () => {
    await using here = await installation();
    await here.start();
    const client = await clientOf(here);
    assert.equal(await client.read('trusted_root.json'), formatTrustedRoot(trust.trustedRoot()));
    assert.deepEqual(JSON.parse(await client.read('signing_config.v0.2.json')), trust.signingConfig());
    const { targets } = (await newestOf(here)).targets;
    const custom = Object.entries(targets).flatMap(([name, target]) =>
      target.custom === undefined ? [] : [[name, target.custom]],
    );
    const known = (usage: string, uri: string) => ({ sigstore: { usage, status: 'Active', uri } });
    assert.deepEqual(Object.fromEntries(custom), {
      'rekor.pub': known('Rekor', PUBLIC_URL),
      'ctfe.pub': known('CTFE', PUBLIC_URL),
      'fulcio.crt.pem': known('Fulcio', PUBLIC_URL),
      'tsa.crt.pem': known('TSA', `${PUBLIC_URL}/api/v1/timestamp`),
    });
    assert.match(await client.read('rekor.pub'), /^-----BEGIN PUBLIC KEY-----\n/);
    assert.equal((await client.read('tsa.crt.pem')).match(/BEGIN CERTIFICATE/g)?.length, 2);
  });

  it('renews each role before it ends, for years, and a client that comes every five days never fails', async () => {
    await using here = await installation();
    const tuf = await here.start();
    const client = await clientOf(here);
    const seen = new Set<number>();
    for (let day = 0; day < 2 * 365; day += 5) {
      goTo(later(5));
      await client.visit();
      await tuf.renew();
      const { root, targets, snapshot, timestamp } = await newestOf(here);
      for (const { expires } of [root, targets, snapshot, timestamp]) assert.ok(new Date(expires) > later(5));
      seen.add(root.version);
    }
    assert.deepEqual([...seen], [1, 2, 3, 4, 5]);
    // Old roots stay; of the rest what nobody can still be led to is gone.
    const counts = await rowsOf<{ role: string; n: number }>(
      here.database.connection,
      'select role, count(*)::int n from trust_tuf_metadata group by role',
    );
    const { root, ...others } = Object.fromEntries(counts.map(({ role, n }) => [role, n]));
    assert.equal(root, 5);
    // The one that counts, and those of the last week.
    for (const [role, count] of Object.entries(others)) assert.ok(count <= 3, `${role}: ${count}`);
  });

  it('has signed everything again when a start after years ends, and the first client walks there', async () => {
    await using here = await installation();
    await here.start();
    const client = await clientOf(here);
    const early = await client.copy();
    await client.visit();
    goTo(later(4 * 365 + 3));
    await assert.rejects(client.visit(), /expired/);
    lines.length = 0;
    await here.start();
    for (const { expires } of Object.values(await newestOf(here))) assert.ok(new Date(expires) > later(6));
    await client.visit();
    await early();
    assert.equal((await served(here, 'root.json')).version, 9);
    const said = (text: string) => lines.filter((line) => line.includes(text)).length;
    assert.equal(said('TUF metadata had expired and is signed again'), 4);
    assert.equal(said('signed TUF metadata'), 8 + 3);
  });

  it('takes no client back after a restore of the database', async () => {
    await using here = await installation();
    const tuf = await here.start();
    const client = await clientOf(here);
    const backup = now;
    goTo(later(400));
    await tuf.renew();
    await client.visit();
    const last = await newestOf(here);
    await rowsOf(here.database.connection, 'delete from trust_tuf_metadata where signed_at > $1', [backup]);
    goTo(later(0.01));
    await here.start();
    await client.visit();
    const restored = await newestOf(here);
    assert.equal(restored.root.version, last.root.version);
    for (const role of ['targets', 'snapshot', 'timestamp'] as const) {
      assert.ok(restored[role].version > last[role].version, role);
    }
  });

  it('publishes changed documents with the next start, and what the old ones named stays', async () => {
    await using here = await installation();
    await here.start();
    const client = await clientOf(here);
    const before = (await newestOf(here)).targets.targets['signing_config.v0.2.json']?.hashes.sha256;
    const signingConfig = { ...trust.signingConfig(), caUrls: [] };
    await here.start({ signingConfig });
    assert.deepEqual(JSON.parse(await client.read('signing_config.v0.2.json')), signingConfig);
    assert.equal((await here.inject(`targets/${before}.signing_config.v0.2.json`)).statusCode, 200);
  });

  it('is written by one of several processes at a time, and served alike by all', async () => {
    await using here = await installation();
    const all = await Promise.all([here.start(), here.start(), here.start()]);
    goTo(later(2));
    await Promise.all(all.map((tuf) => tuf.renew()));
    const texts = await Promise.all(
      all.map(async (tuf) => String(await tuf.readMetadata({ role: 'timestamp' }))),
    );
    assert.equal(new Set(texts).size, 1);
    // Each start signs; of three renewals one finds something to do.
    const counts = await rowsOf<{ role: string; n: number }>(
      here.database.connection,
      'select role, count(*)::int n from trust_tuf_metadata group by role order by role',
    );
    assert.deepEqual(
      counts.map(({ role, n }) => `${role} ${n}`),
      ['root 1', 'snapshot 3', 'targets 3', 'timestamp 4'],
    );
    await (await clientOf(here)).visit();
  });

  it('signs again what was signed ahead of a clock that was wrong', async () => {
    await using here = await installation();
    goTo(later(365 * 20));
    const tuf = await here.start();
    const client = await clientOf(here);
    await client.visit();
    goTo(BIRTH);
    await tuf.renew();
    const { timestamp } = await newestOf(here);
    assert.ok(new Date(timestamp.expires) < later(8));
    await client.visit();
  });

  it('is not renewed while the clock is in doubt', async () => {
    await using here = await installation();
    const tuf = await here.start({ clockDoubt: (time) => (time > BIRTH ? 'it jumped' : null) });
    goTo(later(2));
    await assert.rejects(tuf.renew(), { code: 'trust_clock_doubted', message: /it jumped/ });
  });

  it('never replaces a key that does not open, is missing, or was put under another role', async () => {
    await using here = await installation();
    await here.start();
    const refused = (change: Partial<TufDeps> = {}) =>
      assert.rejects(here.start(change), { code: 'trust_tuf_unreadable' });
    await refused({ seal: createSeal(randomBytes(32)) });
    const run = (text: string) => rowsOf(here.database.connection, text);
    const exchanged =
      "select case role when 'snapshot' then 'timestamp' when 'timestamp' then 'snapshot' else role end, " +
      'public_key, sealed_key, created_at from kept';
    const put = (rows: string) =>
      run(
        'create temp table kept as select * from trust_tuf_keys; delete from trust_tuf_keys; ' +
          `insert into trust_tuf_keys ${rows}`,
      );
    await put(exchanged);
    await refused();
    await put(exchanged);
    await here.start();
    await put("select * from kept where role <> 'timestamp'");
    await refused();
    await put('select * from kept where false');
    await refused();
  });

  it('says when each part ends', async () => {
    await using here = await installation();
    const metrics = createMetrics();
    await here.start({ metrics: trustMetrics(metrics) });
    const text = await metrics.expose('prometheus');
    const endOf = (what: string) =>
      Number(
        new RegExp(`^waybill_trust_expiry_timestamp_seconds\\{what="${what}"\\} (\\S+)$`, 'm').exec(
          text,
        )?.[1],
      );
    const daysTo = (what: string) => Math.round((endOf(what) * 1000 - now.getTime()) / DAY_MS);
    assert.deepEqual(['root', 'targets', 'snapshot', 'timestamp'].map(daysTo), [365, 90, 30, 7]);
    assert.ok(daysTo('certificate-authority') > 5 * 365 - 3);
    assert.ok(daysTo('timestamp-authority') > 5 * 365 - 3);
  });
});

describe('/tuf/', () => {
  it('lets caches keep what has a version or a hash, and nothing else', async () => {
    goTo(BIRTH);
    await using here = await installation();
    await here.start();
    const { snapshot, targets } = await newestOf(here);
    const hash = targets.targets['trusted_root.json']?.hashes.sha256;
    const cachingOf = async (path: string) => {
      const [got, head] = [await here.inject(path), await here.inject(path, 'HEAD')];
      assert.equal(head.headers['content-length'], String(got.rawPayload.length));
      assert.equal(head.headers['cache-control'], got.headers['cache-control']);
      return [got.statusCode, got.headers['cache-control']];
    };
    const immutable = [200, 'public, max-age=31536000, immutable'];
    assert.deepEqual(await cachingOf('timestamp.json'), [200, 'no-cache']);
    assert.deepEqual(await cachingOf('root.json'), [200, 'no-cache']);
    assert.deepEqual(await cachingOf('1.root.json'), immutable);
    assert.deepEqual(await cachingOf(`${snapshot.version}.snapshot.json`), immutable);
    assert.deepEqual(await cachingOf(`targets/${hash}.trusted_root.json`), immutable);
    // The root after this one will come: nobody may remember that it was not there.
    assert.deepEqual(await cachingOf('2.root.json'), [404, 'no-store']);
  });

  it('knows no other names', async () => {
    await using here = await installation();
    await here.start();
    const hash = (await newestOf(here)).targets.targets['trusted_root.json']?.hashes.sha256;
    const targets = [
      'trusted_root.json',
      `${hash}.rekor.pub`,
      `${hash}.`,
      `${hash?.toUpperCase()}.trusted_root.json`,
    ];
    const unknown =
      '0.root.json 01.root.json 1.timestamp.json 99999999999.root.json 2147483648.root.json snapshot.json constructor';
    const paths = [...unknown.split(' '), '1.root.json%2f..', ...targets.map((name) => `targets/${name}`)];
    for (const path of paths) assert.equal((await here.inject(path)).statusCode, 404, path);
  });
});
