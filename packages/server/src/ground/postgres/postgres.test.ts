import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isCoded } from '@waybill/core';
import { type TempDir, tempDir } from '@waybill/testkit';
import pg from 'pg';
import { createLog } from '../log/log.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';

const asRoot = process.geteuid?.() === 0;
const log = createLog('silent');
let directory: TempDir;
let dataDir: string;
before(async () => {
  directory = await tempDir();
  dataDir = join(directory.path, 'data');
});
after(() => directory.remove());

async function query(
  server: Pick<PostgresServer, 'connection'>,
  text: string,
): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client(server.connection);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** The processes that have the cluster as their working directory: PostgreSQL's and nobody else's. */
function running(): readonly string[] {
  const cluster = join(dataDir, 'pg', 'cluster');
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === cluster;
    } catch {
      return false;
    }
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    assert.ok(waited < 10_000, 'not within 10 s');
    await delay(20);
  }
}

/** Another process that starts the server, adds a row and stays. */
async function startElsewhere(environment: NodeJS.ProcessEnv = {}): Promise<ChildProcess> {
  const here = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);
  const code = `
    const { startPostgres } = await import(${here('./postgres.ts')});
    const { createLog } = await import(${here('../log/log.ts')});
    const { default: pg } = await import(${JSON.stringify(import.meta.resolve('pg'))});
    const server = await startPostgres({ dataDir: ${JSON.stringify(dataDir)}, log: createLog('silent') });
    const client = new pg.Client(server.connection);
    await client.connect();
    await client.query("create table if not exists kept (n int)");
    await client.query("insert into kept values (1)");
    console.log('ready');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
}

describe('startPostgres', () => {
  it('makes a cluster that only this user reaches, and stops without a trace', async () => {
    const server = await startPostgres({ dataDir, log });
    const rows = await query(
      server,
      `select current_setting('fsync') as fsync, current_setting('listen_addresses') as tcp,
      current_setting('data_checksums') as checksums, current_database() as database,
      (select datcollate from pg_database where datname = 'waybill') as collation`,
    );
    assert.deepEqual(rows, [
      { fsync: 'on', tcp: '', checksums: 'on', database: 'waybill', collation: 'C.UTF-8' },
    ]);
    assert.equal(statSync(String(server.connection.host)).mode & 0o777, 0o700);
    assert.equal(statSync(join(dataDir, 'pg', 'cluster')).mode & 0o077, 0);
    assert.notEqual(statSync(join(dataDir, 'pg', 'cluster')).uid, 0);
    await server.stop();
    assert.deepEqual(running(), []);
    assert.ok(!existsSync(join(dataDir, 'pg', 'cluster', 'postmaster.pid')));
  });

  it('leaves no PostgreSQL behind a killed parent, and keeps what it had acknowledged', async () => {
    for (let round = 1; round <= 3; round++) {
      const child = await startElsewhere();
      child.kill('SIGKILL');
      await once(child, 'exit');
      await until(() => running().length === 0);
      const server = await startPostgres({ dataDir, log });
      assert.deepEqual(await query(server, 'select count(*)::int as n from kept'), [{ n: round }]);
      await server.stop();
    }
  });

  it('stops a server that an earlier parent left running, and starts its own', async () => {
    // Without setpriv on the PATH nothing ties PostgreSQL to its parent.
    const bin = join(directory.path, 'empty-bin');
    mkdirSync(bin, { recursive: true });
    const child = await startElsewhere({ PATH: bin });
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.notEqual(running().length, 0);
    const left = readFileSync(join(dataDir, 'pg', 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0];
    const server = await startPostgres({ dataDir, log });
    assert.ok(!running().includes(String(left)));
    assert.deepEqual(await query(server, 'select count(*)::int as n from kept'), [{ n: 4 }]);
    await server.stop();
  });

  it('is not blocked by a pid file whose pid is somebody else by now', async () => {
    writeFileSync(
      join(dataDir, 'pg', 'cluster', 'postmaster.pid'),
      `${process.pid}\n${join(dataDir, 'pg', 'cluster')}\n`,
    );
    const server = await startPostgres({ dataDir, log });
    await server.stop();
  });

  it('says so when PostgreSQL ends on its own', async () => {
    const server = await startPostgres({ dataDir, log });
    const pid = Number(readFileSync(join(dataDir, 'pg', 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0]);
    process.kill(pid, 'SIGKILL');
    assert.match(await server.lost, /SIGKILL/);
    await server.stop();
    await (await startPostgres({ dataDir, log })).stop();
  });

  it('begins again after an initdb cut short, with the socket elsewhere when the path is too long for one', async () => {
    const long = join(directory.path, 'x'.repeat(100));
    mkdirSync(join(long, 'pg', 'cluster.new', 'base'), { recursive: true });
    const server = await startPostgres({ dataDir: long, log });
    const sockets = String(server.connection.host);
    assert.ok(!sockets.startsWith(long));
    assert.equal(statSync(sockets).mode & 0o777, 0o700);
    await query(server, 'select 1');
    await server.stop();
    assert.ok(!existsSync(sockets));
  });

  it('names the directory that the user of PostgreSQL cannot pass', {
    skip: asRoot ? false : 'runs as root only',
  }, async () => {
    const closed = join(directory.path, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    await assert.rejects(startPostgres({ dataDir: join(closed, 'data'), log }), (error: unknown) => {
      assert.ok(isCoded(error, 'postgres_path_closed'));
      assert.ok(error.message.includes(`chmod o+x ${closed}`));
      return true;
    });
    assert.deepEqual(readdirSync(closed), []);
  });

  it('refuses the data of another major version', async () => {
    writeFileSync(join(dataDir, 'pg', 'cluster', 'PG_VERSION'), '17\n');
    await assert.rejects(startPostgres({ dataDir, log }), (error) => isCoded(error, 'postgres_version'));
  });
});
