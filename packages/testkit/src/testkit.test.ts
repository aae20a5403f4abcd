import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import pg from 'pg';
import { requirePeer, sharedPath, tempDir, testDatabase } from './index.ts';

async function tablesOf(connection: pg.PoolConfig): Promise<readonly string[]> {
  const client = new pg.Client(connection);
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public'`,
  );
  await client.end();
  return rows.map((row) => row.name);
}

describe('testDatabase', () => {
  it('gives each caller a migrated database of its own, reachable by its URL', async () => {
    const [a, b] = await Promise.all([testDatabase(), testDatabase()]);
    try {
      assert.ok((await tablesOf(a.connection)).includes('ground_audit'));
      const client = new pg.Client(a.url);
      await client.connect();
      await client.query('create table probe_mine (n int)');
      await client.end();
      assert.ok(!(await tablesOf(b.connection)).includes('probe_mine'));
    } finally {
      await Promise.all([a.close(), b.close()]);
    }
  });
});

describe('tempDir', () => {
  it('is gone after its block', async () => {
    let path: string;
    {
      await using directory = await tempDir();
      path = directory.path;
      assert.ok(existsSync(path));
    }
    assert.ok(!existsSync(path));
  });
});

describe('requirePeer', () => {
  it('finds a program in the folder of the peers, and skips with a reason or fails without it', async (context) => {
    await using directory = await tempDir();
    await mkdir(join(directory.path, 'bin'));
    const program = join(directory.path, 'bin', 'probe-peer');
    await writeFile(program, '');
    await chmod(program, 0o755);
    const saved = { ...process.env };
    context.after(() => Object.assign(process.env, saved));
    process.env['WAYBILL_PEERS'] = directory.path;
    process.env['WAYBILL_SHARED'] = directory.path;
    process.env['WAYBILL_REQUIRE_PEERS'] = '';
    assert.deepEqual(requirePeer('probe-peer'), { path: program, skip: false });
    assert.match(String(requirePeer('probe-missing').skip), /probe-missing is not installed/);
    assert.deepEqual(sharedPath('bin'), { path: join(directory.path, 'bin'), skip: false });
    assert.match(String(sharedPath('vectors').skip), /does not exist/);
    process.env['WAYBILL_REQUIRE_PEERS'] = '1';
    assert.throws(() => requirePeer('probe-missing'), /probe-missing is not installed/);
    assert.throws(() => sharedPath('vectors'), /does not exist/);
  });
});
