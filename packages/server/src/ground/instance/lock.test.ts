import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { tempDir } from '@waybill/testkit';
import { lockInstance } from './lock.ts';

const NOW = new Date('2026-01-02T03:04:05Z');

describe('lockInstance', () => {
  it('refuses a second server and names the first', async () => {
    await using directory = await tempDir();
    const lock = await lockInstance({
      dataDir: join(directory.path, 'data'),
      url: 'http://127.0.0.1:7070',
      now: NOW,
      watchMs: 600,
    });
    await assert.rejects(
      lockInstance({ dataDir: join(directory.path, 'data'), url: 'http://x', now: NOW, watchMs: 600 }),
      (error: unknown) => {
        assert.ok(isCoded(error, 'data_dir_in_use'));
        assert.match(
          error.message,
          new RegExp(`http://127.0.0.1:7070 \\(process ${process.pid}, since 2026-01-02`),
        );
        return true;
      },
    );
    lock.release();
    (
      await lockInstance({ dataDir: join(directory.path, 'data'), url: 'http://x', now: NOW, watchMs: 600 })
    ).release();
    assert.deepEqual(readdirSync(join(directory.path, 'data')), []);
  });

  it('replaces the file of a server that was killed, also when its pid lives on as another process', async () => {
    await using directory = await tempDir();
    const code = `const { lockInstance } = await import(${JSON.stringify(new URL('./lock.ts', import.meta.url).href)});
      await lockInstance({ dataDir: ${JSON.stringify(directory.path)}, url: 'http://killed', now: new Date() }); console.log('held'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await assert.rejects(
      lockInstance({ dataDir: directory.path, url: 'http://x', now: NOW, watchMs: 600 }),
      (error) => isCoded(error, 'data_dir_in_use'),
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    const stale = JSON.parse(readFileSync(join(directory.path, 'server.lock'), 'utf8')) as object;
    (await lockInstance({ dataDir: directory.path, url: 'http://x', now: NOW, watchMs: 600 })).release();
    writeFileSync(join(directory.path, 'server.lock'), JSON.stringify({ ...stale, pid: process.pid }));
    (await lockInstance({ dataDir: directory.path, url: 'http://x', now: NOW, watchMs: 600 })).release();
  });

  it('replaces the file of a server whose end nobody took notice of', async () => {
    await using directory = await tempDir();
    const code = `const { lockInstance } = await import(${JSON.stringify(new URL('./lock.ts', import.meta.url).href)});
      await lockInstance({ dataDir: ${JSON.stringify(directory.path)}, url: 'http://killed', now: new Date() }); console.log(process.pid); process.kill(process.pid, 'SIGKILL');`;
    // A parent that waits for nobody: the entry of the dead process stays.
    const parent = spawn(
      'sh',
      ['-c', '"$0" --input-type=module -e "$1" & exec sleep 60', process.execPath, code],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      const [said] = (await once(parent.stdout, 'data')) as [Buffer];
      const stat = () => readFileSync(`/proc/${Number(String(said))}/stat`, 'utf8');
      while (!/\) Z /.test(stat())) await new Promise(setImmediate);
      (await lockInstance({ dataDir: directory.path, url: 'http://x', now: NOW, watchMs: 600 })).release();
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it('knows a holder in another container by its heartbeat', async () => {
    await using directory = await tempDir();
    const file = join(directory.path, 'server.lock');
    const foreign = {
      pid: 1,
      processStart: '1',
      place: 'another boot pid:[1]',
      since: NOW.toISOString(),
      url: 'http://other',
    };
    writeFileSync(file, JSON.stringify(foreign));
    const beat = setInterval(() => utimesSync(file, new Date(), new Date()), 100);
    await assert.rejects(
      lockInstance({ dataDir: directory.path, url: 'http://x', now: NOW, watchMs: 600 }),
      (error) => isCoded(error, 'data_dir_in_use'),
    );
    clearInterval(beat);
    (await lockInstance({ dataDir: directory.path, url: 'http://x', now: NOW, watchMs: 600 })).release();
  });

  it('has one winner of many that start over a dead server', async () => {
    await using directory = await tempDir();
    writeFileSync(join(directory.path, 'server.lock'), '{"pid":1');
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () =>
        lockInstance({ dataDir: directory.path, url: 'http://x', now: NOW, watchMs: 600 }),
      ),
    );
    const won = results.filter((result) => result.status === 'fulfilled');
    assert.equal(won.length, 1);
    won[0]?.value.release();
  });

  it('says what to do about a directory that it cannot use', async () => {
    await using directory = await tempDir();
    writeFileSync(join(directory.path, 'file'), '');
    await assert.rejects(
      lockInstance({
        dataDir: join(directory.path, 'file', 'data'),
        url: 'http://x',
        now: NOW,
        watchMs: 600,
      }),
      (error) => isCoded(error, 'data_dir_unusable'),
    );
  });
});
