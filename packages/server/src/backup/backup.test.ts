import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { access, appendFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { toHex, utf8 } from '@waybill/core/bytes';
import { digestOf } from '@waybill/core/digest';
import { type TempDir, type TestWorld, tempDir, testWorld } from '@waybill/testkit';
import { type BlobDriver, createLog, createSeal, openFileSystem } from '../ground/index.ts';
import {
  assertEmpty,
  assertRestorable,
  assertRestored,
  type BackupSource,
  createBackup,
  markIncomplete,
  restoreBackup,
  verifyBackup,
} from './index.ts';

const seal = createSeal(randomBytes(32));
let world: TestWorld;
let directory: TempDir;
let source: BackupSource;
let blobs: BlobDriver;
const place = (name: string): string => join(directory.path, name);

before(async () => {
  world = await testWorld();
  directory = await tempDir();
  blobs = await openFileSystem({ root: join(world.dataDir, 'blobs'), inUse: true });
  const { db, connection } = world;
  source = { db, connection, blobs, seal, clock: () => new Date(), version: '1.2.3' };
});
after(async () => {
  await world.close();
  await directory.remove();
});

const coded = (code: string, says = /./) => ({
  name: 'CodedError',
  code,
  message: says,
});

let made = 0;
async function backup(): Promise<string> {
  const to = place(`backup-${made++}`);
  await createBackup(source, { to, move: false });
  return to;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

describe('createBackup', () => {
  it('appears under its name only when it is whole, and replaces nothing', async () => {
    const to = await backup();
    await assert.rejects(createBackup(source, { to, move: false }), coded('backup_exists'));
    const broken = {
      read: (key: string) => blobs.read(key),
      open: (key: string) => blobs.open(key),
      async *list() {
        yield 'store/sha256/00/missing';
      },
    } as unknown as BlobDriver;
    const other = place('cut-short');
    await assert.rejects(
      createBackup({ ...source, blobs: broken }, { to: other, move: false }),
      coded('blob_not_found'),
    );
    assert.deepEqual([await exists(other), await exists(`${other}.partial`)], [false, false]);
  });

  it('has sums that sha256sum understands, and no secret of the server', async () => {
    const to = await backup();
    const text = await readFile(join(to, 'SHA256SUMS'), 'utf8');
    for (const line of text.trim().split('\n')) {
      const [sum = '', path = ''] = line.split('  ');
      assert.equal(
        createHash('sha256')
          .update(await readFile(join(to, path)))
          .digest('hex'),
        sum,
      );
      assert.ok(!(await readFile(join(to, path))).includes(world.ownerToken.reveal()), path);
    }
    assert.deepEqual((await readdir(to)).toSorted(), [
      'SHA256SUMS',
      'SHA256SUMS.seal',
      'blobs',
      'database',
      'waybill-backup.json',
    ]);
  });

  it('names blobs that the disk has changed, and keeps the others', async () => {
    const bytes = utf8('what was stored');
    const hex = digestOf(bytes).slice('sha256:'.length);
    const key = `store/sha256/${hex.slice(0, 2)}/${hex}`;
    await blobs.put(key, utf8('what the disk says'));
    const { damaged } = await createBackup(source, { to: place('with-damage'), move: false });
    assert.deepEqual(damaged, [key]);
    await blobs.delete(key);
  });

  it('does not move a log that a server writes', async () => {
    const to = place('moved');
    await assert.rejects(
      createBackup(source, { to, move: true }),
      coded('backup_server_runs', /stop every server/),
    );
    assert.equal(await exists(to), false);
    const rows = await world.rows('select 1 from tlog_logs where frozen_at is not null');
    assert.equal(rows.length, 0);
  });
});

describe('verifyBackup', () => {
  it('reads every byte, and tells a sealed backup from one that nobody vouches for', async () => {
    const to = await backup();
    assert.equal((await verifyBackup(to, seal)).authentic, true);
    assert.equal((await verifyBackup(to, null)).authentic, false);
    await assert.rejects(verifyBackup(to, createSeal(randomBytes(32))), coded('backup_not_authentic'));
  });

  it('refuses damage, and changes even with the right sums', async () => {
    const to = await backup();
    const victim = join(to, 'database', 'identity_tokens.copy');
    await appendFile(victim, 'x');
    await assert.rejects(verifyBackup(to, seal), coded('backup_invalid', /identity_tokens\.copy is damaged/));
    // Somebody who can write the backup makes the sums fit.
    const sums = join(to, 'SHA256SUMS');
    const sum = createHash('sha256')
      .update(await readFile(victim))
      .digest('hex');
    const text = await readFile(sums, 'utf8');
    await writeFile(sums, text.replace(/^[0-9a-f]{64}( {2}database\/identity_tokens\.copy)$/m, `${sum}$1`));
    await verifyBackup(to, null);
    await assert.rejects(verifyBackup(to, seal), coded('backup_not_authentic'));
  });

  it('refuses what is not finished, missing files, and paths that lead out', async () => {
    await assert.rejects(verifyBackup(place('nowhere'), seal), coded('backup_invalid', /finished backup/));
    const to = await backup();
    await rename(join(to, 'SHA256SUMS.seal'), join(to, 'away'));
    await assert.rejects(verifyBackup(to, null), coded('backup_invalid', /SHA256SUMS\.seal cannot be read/));
    await rename(join(to, 'away'), join(to, 'SHA256SUMS.seal'));
    const sums = join(to, 'SHA256SUMS');
    const good = await readFile(sums);
    for (const path of ['../../etc/passwd', '/etc/passwd', 'a/../b', './a', 'a//b', '']) {
      await writeFile(sums, Buffer.concat([good, utf8(`${'0'.repeat(64)}  ${path}\n`)]));
      await assert.rejects(verifyBackup(to, null), coded('backup_invalid', /SHA256SUMS is damaged/), path);
    }
    await writeFile(sums, good);
    await rm(join(to, 'database', 'ground_audit.copy'));
    await assert.rejects(
      verifyBackup(to, seal),
      coded('backup_invalid', /ground_audit\.copy cannot be read \(ENOENT\)/),
    );
  });
});

describe('restoreBackup', () => {
  it('refuses a database in use, a directory in use, and logs that were not moved', async () => {
    const verified = await verifyBackup(await backup(), seal);
    const target = { connection: source.connection, blobs, clock: source.clock, log: createLog('silent') };
    await assert.rejects(
      restoreBackup(verified, target, { continueLogs: false }),
      coded('restore_target_in_use', /replaces nothing/),
    );
    await assert.rejects(
      restoreBackup(verified, target, { continueLogs: true }),
      coded('restore_not_moved', /two histories/),
    );
    await assert.rejects(assertEmpty(world.dataDir), coded('restore_target_in_use'));
    await mkdir(place('fresh'));
    await writeFile(place('fresh/master.key'), '');
    await assertEmpty(place('fresh'));
    await assertEmpty(place('not-there-yet'));
  });

  it('refuses a backup of a version that knows more', async () => {
    const { manifest } = await verifyBackup(await backup(), seal);
    const migrations = [
      ...manifest.migrations,
      { number: 9999, name: '9999-later.sql', sha256: toHex(randomBytes(32)) },
    ];
    await assert.rejects(
      assertRestorable({ manifest: { ...manifest, migrations } }, false),
      coded('backup_newer', /Waybill 1\.2\.3, whose migration 9999-later\.sql this program does not know/),
    );
    const edited = manifest.migrations.map((row) => ({ ...row, sha256: toHex(randomBytes(32)) }));
    await assert.rejects(
      assertRestorable({ manifest: { ...manifest, migrations: edited } }, false),
      coded('backup_newer', /has with other contents/),
    );
  });

  it('leaves a mark that no server starts over until it is complete', async () => {
    const data = place('half');
    await assertRestored(data);
    await markIncomplete(data);
    await assert.rejects(assertRestored(data), (error) => isCoded(error, 'restore_incomplete'));
    // A place that cannot be looked at is not one without the mark.
    await assert.rejects(assertRestored(join(data, 'restore-incomplete')), { code: 'ENOTDIR' });
  });
});
