import type { Logger } from '../log/log.ts';
import { ANY, type Counter, type Histogram, type Metrics } from '../observe/metrics.ts';

export interface Job {
  /** Lower-case words with hyphens; a label of the metrics. */
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<unknown>;
}

export interface JobMetrics {
  readonly started: Counter<{ name: readonly string[] }>;
  readonly failed: Counter<{ name: readonly string[] }>;
  readonly duration: Histogram<{ name: readonly string[] }>;
}

export function jobMetrics(metrics: Metrics): JobMetrics {
  const labels = { name: ANY };
  return {
    started: metrics.counter({ name: 'waybill_jobs_started_total', help: 'Runs of jobs that began', labels }),
    failed: metrics.counter({
      name: 'waybill_jobs_failed_total',
      help: 'Runs of jobs that ended in an error; the next run tries again',
      labels,
    }),
    duration: metrics.histogram({
      name: 'waybill_job_duration_seconds',
      help: 'How long runs of jobs took, failed ones too',
      labels,
      buckets: [0.01, 0.1, 1, 10, 60, 600],
    }),
  };
}

/**
 * Runs a job again and again, `everyMs` after the end of its last run. A run that fails is logged and counted.
 * Returns what ends it: that resolves when no run is under way any more.
 */
export function repeatJob(
  job: Job,
  around: { readonly log: Logger; readonly metrics: JobMetrics },
): () => Promise<void> {
  const { log, metrics } = around;
  const labels = { name: job.name };
  // From the first look on, not only from the first run.
  metrics.started.add(labels, 0);
  metrics.failed.add(labels, 0);
  let running: Promise<void> = Promise.resolve();
  let timer = setTimeout(begin, job.everyMs).unref();
  let stopped = false;
  function begin(): void {
    running = run().finally(() => {
      if (!stopped) timer = setTimeout(begin, job.everyMs).unref();
    });
  }
  async function run(): Promise<void> {
    const startedMs = performance.now();
    metrics.started.add(labels);
    try {
      await job.run();
    } catch (error) {
      metrics.failed.add(labels);
      log.warn({ err: error, job: job.name }, 'a job failed');
    } finally {
      metrics.duration.observe(labels, (performance.now() - startedMs) / 1000);
    }
  }
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
