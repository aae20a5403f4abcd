import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLog } from '../log/log.ts';
import { createMetrics } from '../observe/metrics.ts';
import { jobMetrics, repeatJob } from './jobs.ts';

const log = createLog('silent');

describe('repeatJob', () => {
  it('goes on after a run that failed, and counts', async () => {
    const metrics = createMetrics();
    let runs = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const job = {
      name: 'sweep',
      everyMs: 1,
      run: async () => {
        runs++;
        if (runs === 1) throw new Error('the first one fails');
        if (runs === 3) resolve();
      },
    };
    const stop = repeatJob(job, { log, metrics: jobMetrics(metrics) });
    await promise;
    await stop();
    const text = await metrics.expose('prometheus');
    assert.match(text, new RegExp(`^waybill_jobs_started_total\\{name="sweep"\\} ${runs}$`, 'm'));
    assert.match(text, /^waybill_jobs_failed_total\{name="sweep"\} 1$/m);
    assert.match(text, new RegExp(`^waybill_job_duration_seconds_count\\{name="sweep"\\} ${runs}$`, 'm'));
  });

  it('stops when the run that is under way has ended', async () => {
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    let ended = false;
    const run = async () => {
      begun.resolve();
      await gate.promise;
      ended = true;
    };
    const stop = repeatJob({ name: 'slow', everyMs: 1, run }, { log, metrics: jobMetrics(createMetrics()) });
    await begun.promise;
    const stopped = stop();
    gate.resolve();
    await stopped;
    assert.ok(ended);
  });
});
