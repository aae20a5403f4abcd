import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ANY, createMetrics } from './metrics.ts';

const linesOf = (text: string, name: string): readonly string[] =>
  text.split('\n').filter((line) => line.startsWith(name));

describe('counter', () => {
  it('shows known label values before the first event, and unknown ones after it', async () => {
    const metrics = createMetrics();
    const known = metrics.counter({
      name: 'waybill_a_total',
      help: 'a',
      labels: { x: ['1', '2'], y: ['3'] },
    });
    const open = metrics.counter({ name: 'waybill_b_total', help: 'b', labels: { x: ANY } });
    known.add({ x: '2', y: '3' });
    const before = await metrics.expose('prometheus');
    assert.deepEqual(linesOf(before, 'waybill_a_total'), [
      'waybill_a_total{x="1",y="3"} 0',
      'waybill_a_total{x="2",y="3"} 1',
    ]);
    assert.deepEqual(linesOf(before, 'waybill_b_total'), []);
    open.add({ x: 'quote " and \\ and \n' }, 2);
    assert.deepEqual(linesOf(await metrics.expose('prometheus'), 'waybill_b_total'), [
      'waybill_b_total{x="quote \\" and \\\\ and \\n"} 2',
    ]);
  });

  it('has the name that Prometheus wants', () => {
    const metrics = createMetrics();
    const labels = {};
    for (const name of ['waybill_a', 'a_total', 'waybill_A_total']) {
      assert.throws(() => metrics.counter({ name, help: '', labels }), TypeError);
    }
    assert.throws(() => metrics.gauge({ name: 'waybill_a_total', help: '', labels }), TypeError);
  });
});

describe('gauge', () => {
  it('is read when somebody looks', async () => {
    const metrics = createMetrics();
    const gauge = metrics.gauge({ name: 'waybill_level', help: 'l', labels: { of: ANY } });
    let of = 'a';
    gauge.read(async () => [{ labels: { of }, value: 7 }]);
    assert.deepEqual(linesOf(await metrics.expose('prometheus'), 'waybill_level'), [
      'waybill_level{of="a"} 7',
    ]);
    of = 'b';
    assert.deepEqual(linesOf(await metrics.expose('prometheus'), 'waybill_level'), [
      'waybill_level{of="b"} 7',
    ]);
  });

  it('is left out, and counted, when its source fails or never answers', async () => {
    const metrics = createMetrics({ readTimeoutMs: 20 });
    const failing = metrics.gauge({ name: 'waybill_failing', help: 'f', labels: {} });
    const silent = metrics.gauge({ name: 'waybill_silent', help: 's', labels: {} });
    failing.read(() => [{ labels: {}, value: 1 }]);
    await metrics.expose('prometheus');
    failing.read(() => {
      throw new Error('no database');
    });
    silent.read(() => new Promise(() => undefined));
    const first = await metrics.expose('prometheus');
    assert.deepEqual(linesOf(first, 'waybill_failing'), []);
    assert.deepEqual(linesOf(first, 'waybill_silent'), []);
    const second = await metrics.expose('prometheus');
    assert.match(second, /^waybill_metrics_failed_reads_total\{metric="waybill_failing"\} [12]$/m);
    assert.match(second, /^waybill_metrics_failed_reads_total\{metric="waybill_silent"\} [12]$/m);
  });
});

describe('expose', () => {
  it('gives OpenMetrics without changing what Prometheus gets', async () => {
    const metrics = createMetrics();
    const counter = metrics.counter({ name: 'waybill_a_total', help: 'about a_total', labels: {} });
    counter.add({});
    const open = await metrics.expose('openmetrics');
    assert.match(open, /^# HELP waybill_a about a_total\n# TYPE waybill_a counter\nwaybill_a_total 1$/m);
    assert.match(open, /\n# EOF\n$/);
    assert.doesNotMatch(open, /\n\n/);
    assert.match(await metrics.expose('prometheus'), /^# TYPE waybill_a_total counter\nwaybill_a_total 1$/m);
  });

  it('tells of the process', async () => {
    const text = await createMetrics().expose('prometheus');
    for (const name of [
      'process_resident_memory_bytes',
      'process_open_fds',
      'nodejs_heap_size_used_bytes',
      'nodejs_eventloop_lag_p50_seconds',
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_active_resources_total',
    ]) {
      assert.equal(linesOf(text, `${name} `).length, 1, name);
    }
    assert.match(text, /^# TYPE nodejs_gc_duration_seconds histogram$/m);
  });
});

describe('describe', () => {
  it('names what is exposed', async () => {
    const metrics = createMetrics();
    metrics.histogram({ name: 'waybill_took_seconds', help: 'took', labels: { of: ['a'] }, buckets: [1] });
    const text = await metrics.expose('prometheus');
    const exposed = text.matchAll(/^# TYPE (\S+) (\S+)$/gm).map(([, name, type]) => `${name} ${type}`);
    const described = metrics.describe().map(({ name, type }) => `${name} ${type}`);
    assert.deepEqual(described.toSorted(), [...exposed].toSorted());
    assert.deepEqual(metrics.describe().at(-1), {
      name: 'waybill_took_seconds',
      type: 'histogram',
      help: 'took',
      labels: { of: ['a'] },
    });
  });
});
