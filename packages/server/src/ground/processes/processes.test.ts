import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { isCoded } from '@waybill/core';
import { tempDir } from '@waybill/testkit';
import { createLog } from '../log/log.ts';
import { openProcesses, type Processes, type ProcessesOptions } from './processes.ts';
import type { TestTasks } from './test-tasks.ts';

const open = (options: Partial<ProcessesOptions> = {}): Processes<TestTasks> =>
  openProcesses<TestTasks>({
    module: new URL('./test-tasks.ts', import.meta.url),
    log: createLog('silent'),
    count: 1,
    deadlineMs: 60_000,
    maxHeapMiB: 64,
    ...options,
  });

const processes = open();
after(() => processes.close());

const pidOf = async (given: Processes<TestTasks>): Promise<number> =>
  (await given.run('process', undefined)).pid;

const isLost =
  (detail: { readonly isOverdue: boolean }) =>
  (error: unknown): boolean => {
    assert.ok(isCoded(error, 'process_lost'));
    assert.deepEqual(error.detail, detail);
    return true;
  };

describe('openProcesses', () => {
  it('asks for an input when a child is free for it, and goes on when there is none', async () => {
    const order: string[] = [];
    const busy = processes.run('double', async () => {
      order.push('first read');
      return { value: 1 };
    });
    const waiting = processes.run('double', async () => {
      order.push('second read');
      return { value: 2 };
    });
    const gone = processes.run('double', async () => Promise.reject(new Error('gone')));
    void busy.then(() => order.push('first done'));
    await assert.rejects(gone, /gone/);
    assert.deepEqual([await busy, await waiting], [2, 4]);
    assert.deepEqual(order, ['first read', 'first done', 'second read']);
  });

  it('answers, each question its own, bytes too', async () => {
    const answers = await Promise.all([1, 2, 3].map((value) => processes.run('double', { value })));
    assert.deepEqual(answers, [2, 4, 6]);
    const bytes = await processes.run('reverse', { bytes: Uint8Array.of(1, 2, 3) });
    assert.deepEqual(Uint8Array.from(bytes), Uint8Array.of(3, 2, 1));
  });

  it('hands coded errors on as they are, and others as faults of ours', async () => {
    await assert.rejects(processes.run('refuse', undefined), (error) => {
      assert.ok(isCoded(error, 'digest_invalid'));
      assert.deepEqual(error.detail, { found: 'x' });
      return true;
    });
    await assert.rejects(processes.run('fail', undefined), (error) => {
      assert.ok(!isCoded(error));
      assert.match(String(error), /a mistake of ours/);
      return true;
    });
  });

  for (const task of ['devour', 'abort'] as const) {
    it(`loses nothing but the task that does ${task}`, async () => {
      const lost = processes.run(task, undefined);
      const waiting = processes.run('double', { value: 4 });
      await assert.rejects(lost, isLost({ isOverdue: false }));
      assert.equal(await waiting, 8);
    });
  }

  it('ends a child whose task does not end, and says so', async () => {
    const strict = open({ deadlineMs: 100 });
    await assert.rejects(strict.run('hang', undefined), isLost({ isOverdue: true }));
    await strict.close();
  });

  it('goes on after a child that was ended from outside', async () => {
    const pid = await pidOf(processes);
    const lost = processes.run('hang', undefined);
    process.kill(pid, 'SIGKILL');
    await assert.rejects(lost, isLost({ isOverdue: false }));
    assert.notEqual(await pidOf(processes), pid);
  });

  it('works side by side in as many as it may, and starts no more than there is work for', async () => {
    const two = open({ count: 2 });
    const first = await pidOf(two);
    assert.equal(await pidOf(two), first);
    const pids = await Promise.all([1, 2, 3, 4].map(() => pidOf(two)));
    assert.equal(new Set(pids).size, 2);
    await two.close();
  });

  it('gives each who waits their turn, whatever the others asked before', async () => {
    const served: string[] = [];
    const ask = async (asker: string): Promise<void> => {
      await processes.run('double', { value: 1 }, asker);
      served.push(asker);
    };
    // The first has the child, the rest wait.
    await Promise.all(['many', 'many', 'many', 'many', 'one', 'few', 'few'].map(ask));
    assert.deepEqual(served, ['many', 'many', 'one', 'few', 'many', 'few', 'many']);
  });

  it('lets a child go that has nothing to do', async () => {
    const brief = open({ idleMs: 1 });
    const pid = await pidOf(brief);
    await untilEnded(pid);
    assert.notEqual(await pidOf(brief), pid);
    await brief.close();
  });

  it('says so when no child can be started, which is no fault of the task', async () => {
    const broken = open({ module: new URL('./missing.ts', import.meta.url) });
    await assert.rejects(broken.run('double', { value: 1 }), (error) =>
      isCoded(error, 'process_not_started'),
    );
    await broken.close();
  });

  it('takes nothing once it is closed, and ends what runs', async () => {
    const closed = open();
    const pid = await pidOf(closed);
    const pending = [closed.run('hang', undefined), closed.run('double', { value: 1 })];
    await Promise.all([
      ...pending.map((run) => assert.rejects(run, (error) => isCoded(error, 'server_stopping'))),
      closed.close(),
    ]);
    await assert.rejects(closed.run('double', { value: 1 }), (error) => isCoded(error, 'server_stopping'));
    await untilEnded(pid);
  });
});

describe('a child', () => {
  it('has neither the environment of the server nor a way to its files', async () => {
    await using directory = await tempDir();
    const key = join(directory.path, 'master.key');
    writeFileSync(key, 'secret');
    process.env['WAYBILL_TEST_SECRET'] = 'secret';
    const fresh = open();
    const { names, argv } = await fresh.run('process', undefined);
    assert.deepEqual(names, []);
    assert.ok(!argv.join(' ').includes('secret'));
    for (const path of [key, '/etc/hostname', '/proc/self/environ', `/proc/${process.pid}/environ`]) {
      assert.equal(await fresh.run('read', { path }), 'ERR_ACCESS_DENIED', path);
    }
    await fresh.close();
  });

  it('can write nothing, start nothing, and make no program out of text', async () => {
    assert.deepEqual(await processes.run('escape', undefined), {
      write: 'ERR_ACCESS_DENIED',
      spawn: 'ERR_ACCESS_DENIED',
      thread: 'ERR_ACCESS_DENIED',
      evaluate: 'EvalError',
    });
  });

  it('is the first to go when memory is short', async () => {
    const pid = await pidOf(processes);
    assert.equal(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim(), '1000');
  });

  for (const doing of ['nothing', 'hang']) {
    it(`ends with a server that is killed, while it does ${doing}`, { timeout: 60_000 }, async () => {
      const parent = spawn(process.execPath, [new URL('./test-parent.ts', import.meta.url).pathname, doing], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [said] = (await once(parent.stdout, 'data')) as [Buffer];
      await untilEnded(Number(String(said)));
    });
  }
});

/** Whoever takes in orphans may leave their entry, as a zombie. */
async function untilEnded(pid: number): Promise<void> {
  while (isRunning(pid)) await setTimeout(20);
}

function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
