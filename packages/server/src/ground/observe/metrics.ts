/** Figures for Prometheus. The only file that knows prom-client: everybody else holds small typed counters. */
import {
  collectDefaultMetrics,
  Counter as PromCounter,
  Gauge as PromGauge,
  Histogram as PromHistogram,
  Registry,
} from 'prom-client';

/** A label's known values; none listed: any value, which its owner MUST keep few. */
export type LabelValues = Readonly<Record<string, readonly string[]>>;
export type LabelsOf<L extends LabelValues> = { readonly [K in keyof L]: L[K][number] };

export interface Definition<L extends LabelValues> {
  /** `waybill_<what>_<unit>`, a counter with `_total`. */
  readonly name: string;
  readonly help: string;
  readonly labels: L;
}

export interface Counter<L extends LabelValues> {
  add(labels: LabelsOf<L>, by?: number): void;
}

export interface Histogram<L extends LabelValues> {
  observe(labels: LabelsOf<L>, value: number): void;
}

export interface Sample<L extends LabelValues> {
  readonly labels: LabelsOf<L>;
  readonly value: number;
}

/** What is read when somebody looks. */
export interface Gauge<L extends LabelValues> {
  /** A source that fails or is slow has no figure in that answer: an old one would look like a true one. */
  read(from: () => readonly Sample<L>[] | Promise<readonly Sample<L>[]>): void;
}

export interface MetricDescription {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly help: string;
  readonly labels: LabelValues;
}

export type MetricsFormat = 'prometheus' | 'openmetrics';

export interface Metrics {
  /** Known label values stand at 0 from the start, so that the first event is a change that a rule can see. */
  counter<const L extends LabelValues>(definition: Definition<L>): Counter<L>;
  histogram<const L extends LabelValues>(
    definition: Definition<L> & { readonly buckets: readonly number[] },
  ): Histogram<L>;
  gauge<const L extends LabelValues>(definition: Definition<L>): Gauge<L>;
  /** All figures as text. Never fails, and waits for no source longer than three seconds. */
  expose(format: MetricsFormat): Promise<string>;
  /** What was declared here; the figures of the process itself come first. */
  describe(): readonly MetricDescription[];
}

/** For labels whose values are not known beforehand. */
export const ANY: readonly string[] = Object.freeze([]);

export function createMetrics({ readTimeoutMs = 3000 } = {}): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const described: MetricDescription[] = processMetrics(register);
  const declare = (type: MetricDescription['type'], { name, help, labels }: Definition<LabelValues>) => {
    if (!/^waybill_[a-z0-9_]+$/.test(name) || (type === 'counter') !== name.endsWith('_total')) {
      throw new TypeError(`${name} is no name for a ${type}`);
    }
    described.push(Object.freeze({ name, type, help, labels }));
    return { name, help, labelNames: Object.keys(labels), registers: [register] };
  };
  const failedReads = new PromCounter({
    ...declare('counter', {
      name: 'waybill_metrics_failed_reads_total',
      help: 'Figures that could not be read when somebody asked for them',
      labels: { metric: ANY },
    }),
  });
  return {
    counter(definition) {
      const counter = new PromCounter(declare('counter', definition));
      for (const labels of combinations(definition.labels)) counter.inc(labels, 0);
      return { add: (labels, by = 1) => counter.inc({ ...labels }, by) };
    },
    histogram(definition) {
      const { buckets } = definition;
      const histogram = new PromHistogram({ ...declare('histogram', definition), buckets: [...buckets] });
      for (const labels of combinations(definition.labels)) histogram.zero(labels);
      return { observe: (labels, value) => histogram.observe({ ...labels }, value) };
    },
    gauge(definition) {
      let source: () => readonly Sample<LabelValues>[] | Promise<readonly Sample<LabelValues>[]> = () => [];
      const gauge = new PromGauge({
        ...declare('gauge', definition),
        async collect() {
          const samples = await bounded(source, readTimeoutMs).catch(() => {
            failedReads.inc({ metric: definition.name });
            return [];
          });
          clear(gauge, definition.labels);
          for (const { labels, value } of samples) gauge.set({ ...labels }, value);
        },
      });
      return { read: (from) => void (source = from as typeof source) };
    },
    async expose(format) {
      const text = await register.metrics();
      return format === 'prometheus' ? text : asOpenMetrics(text);
    },
    describe: () => described,
  };
}

function processMetrics(register: Registry): MetricDescription[] {
  const known = register.getMetricsAsArray() as unknown as readonly (Omit<MetricDescription, 'labels'> & {
    readonly labelNames?: readonly string[];
    readonly constructor: { readonly name: string };
  })[];
  return known.map(({ name, help, labelNames = [], constructor }) => ({
    name,
    help,
    type: constructor.name.toLowerCase() as MetricDescription['type'],
    labels: Object.fromEntries(labelNames.map((label) => [label, ANY])),
  }));
}

/** All combinations of label values when all are known, else none. */
function combinations(labels: LabelValues): readonly Record<string, string>[] {
  return Object.entries(labels).reduce<readonly Record<string, string>[]>(
    (found, [label, values]) =>
      found.flatMap((labelled) => values.map((value) => ({ ...labelled, [label]: value }))),
    [{}],
  );
}

/** The library's own reset leaves a gauge without labels at 0. */
function clear(gauge: PromGauge, labels: LabelValues): void {
  gauge.reset();
  if (Object.keys(labels).length === 0) gauge.remove({});
}

async function bounded<T>(source: () => T | Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    const error = new Error(`no figure within ${timeoutMs} ms`);
    timer = setTimeout(() => fail(error), timeoutMs);
  });
  try {
    return await Promise.race([source(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * OpenMetrics 1.0 differs in three places: a counter's family has no `_total`, no line is empty, the end is marked.
 * Written here since the library renames the counters themselves, also for whoever asks for the other format.
 */
function asOpenMetrics(text: string): string {
  const families = text.matchAll(/^# TYPE (\S+)_total counter$/gm).map(([, family]) => family);
  const counters = new Set(families);
  const renamed = text.replaceAll(/^# (HELP|TYPE) (\S+)_total /gm, (line, word: string, family: string) =>
    counters.has(family) ? `# ${word} ${family} ` : line,
  );
  return `${renamed.replaceAll(/\n{2,}/g, '\n')}# EOF\n`;
}
