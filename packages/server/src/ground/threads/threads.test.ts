import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { createLog } from '../log/log.ts';
import type { TestTasks } from './test-tasks.ts';
import { openThreads } from './threads.ts';

const threads = openThreads<TestTasks>({
  module: new URL('./test-tasks.ts', import.meta.url),
  data: { factor: 3 },
  log: createLog('silent'),
  count: 1,
  deadlineMs: 2000,
  maxHeapMiB: 64,
});
after(() => threads.close());

describe('openThreads', () => {
  it('answers, each question its own', async () => {
    const answers = await Promise.all([1, 2, 3].map((value) => threads.run('double', { value })));
    assert.deepEqual(answers, [2, 4, 6]);
  });

  it('works with what the thread was started with, and one that follows it too', async () => {
    assert.equal(await threads.run('times', { value: 2 }), 6);
    await assert.rejects(threads.run('hang', undefined), (error) => isCoded(error, 'thread_lost'));
    assert.equal(await threads.run('times', { value: 3 }), 9);
  });

  it('hands coded errors on as they are, and others as faults of ours', async () => {
    await assert.rejects(threads.run('refuse', undefined), (error) => {
      assert.ok(isCoded(error, 'digest_invalid'));
      assert.deepEqual(error.detail, { found: 'x' });
      return true;
    });
    await assert.rejects(threads.run('fail', undefined), (error) => {
      assert.ok(!isCoded(error));
      assert.match(String(error), /a mistake of ours/);
      return true;
    });
  });

  it('lets much work take its time, also when it comes in one go: each piece is short', async () => {
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => threads.run('work', { forMs: 600 })));
    assert.deepEqual(answers, [600, 600, 600, 600, 600]);
  });

  for (const task of ['hang', 'devour'] as const) {
    it(`ends a thread that does ${task}, says so to all who waited, and goes on with a new one`, async () => {
      const lost = await Promise.allSettled([
        threads.run(task, undefined),
        threads.run('double', { value: 4 }),
      ]);
      for (const outcome of lost) {
        assert.equal(outcome.status, 'rejected');
        assert.ok(outcome.status === 'rejected' && isCoded(outcome.reason, 'thread_lost'));
      }
      assert.equal(await threads.run('double', { value: 5 }), 10);
    });
  }

  it('takes nothing once it is closed', async () => {
    const closed = openThreads<TestTasks>({
      module: new URL('./test-tasks.ts', import.meta.url),
      data: { factor: 1 },
      log: createLog('silent'),
    });
    await closed.close();
    await assert.rejects(closed.run('double', { value: 1 }), (error) => isCoded(error, 'server_stopping'));
  });
});
