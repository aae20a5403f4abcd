/** How long something takes, in the members of `opa bench`. */
import { boxTable } from './box-table.ts';

/** Nanoseconds of each time, in order. */
export type Measured = readonly number[];

const BUDGET_NS = 1_000_000_000n;
/** Times that are kept: after these the last of the second go unseen. */
const MAX_TIMES = 1_000_000;
const PERCENTILES = [75, 90, 95, 99, 99.9, 99.99] as const;
const PREFIX = 'histogram_timer_rego_query_eval_ns';

/** Does it for a second, at least once; undefined as soon as it says that there was nothing. */
export function measure(work: () => boolean): Measured | undefined {
  const times: number[] = [];
  const end = process.hrtime.bigint() + BUDGET_NS;
  for (let now = process.hrtime.bigint(); times.length === 0 || now < end; ) {
    if (!work()) return undefined;
    const after = process.hrtime.bigint();
    times.push(Number(after - now));
    if (times.length >= MAX_TIMES) break;
    now = after;
  }
  return times.toSorted((a, b) => a - b);
}

export function measuredJson(times: Measured): unknown {
  return { N: times.length, T: sumOf(times), Bytes: 0, Extra: histogram(times) };
}

export function measuredText(times: Measured): string {
  const rows = [
    ['samples', times.length],
    ['ns/op', sumOf(times) / times.length],
    ...Object.entries(histogram(times)),
  ] as const;
  return boxTable(
    [],
    rows.map(([name, value]) => [name, String(Math.round(value))]),
  );
}

function histogram(times: Measured): Readonly<Record<string, number>> {
  const mean = sumOf(times) / times.length;
  const variance = sumOf(times.map((time) => (time - mean) ** 2)) / times.length;
  return {
    ...Object.fromEntries(
      PERCENTILES.map((percent) => [`${PREFIX}_${percent}%`, quantile(times, percent / 100)]),
    ),
    [`${PREFIX}_count`]: times.length,
    [`${PREFIX}_max`]: times.at(-1) ?? 0,
    [`${PREFIX}_mean`]: mean,
    [`${PREFIX}_median`]: quantile(times, 0.5),
    [`${PREFIX}_min`]: times[0] ?? 0,
    [`${PREFIX}_stddev`]: Math.sqrt(variance),
  };
}

function sumOf(times: Measured): number {
  return times.reduce((sum, time) => sum + time, 0);
}

/** Between the two times that are nearest. */
function quantile(times: Measured, share: number): number {
  const place = share * (times.length - 1);
  const [low, high] = [times[Math.floor(place)] ?? 0, times[Math.ceil(place)] ?? 0];
  return low + (high - low) * (place - Math.floor(place));
}
