import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';

/** One figure of a benchmark run: printed as a JSON line and as a row of the table. */
export interface Figure {
  readonly name: string;
  readonly unit: 'ms' | 'KiB' | 'MiB' | 'MiB/s' | 'count' | 'ratio';
  readonly samples: readonly number[];
  /** What the issue or a peer asks for, as text: `< 2000`. */
  readonly target?: string;
}

/** Nearest rank; NaN without samples. */
export function percentile(samples: readonly number[], p: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const rank = Math.max(0, Math.ceil((p / 100) * sorted.length) - 1);
  return sorted[rank] ?? Number.NaN;
}

/** Wall time of `work` in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Most memory a process ever held, in MiB (VmHWM of proc(5)). */
export function peakRssMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/**
 * Processor time used so far, in ms: by the process with all its threads, and by its living descendants (proc(5), 100
 * ticks a second). On a busy machine it tells more than the clock.
 */
export function cpuMs(pid: number): { readonly own: number; readonly below: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name may hold blanks and brackets: fields count from behind it. utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const own = (Number(fields[11]) + Number(fields[12])) * 10;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  const used = children.map((child) => cpuMs(Number(child)));
  return { own, below: used.reduce((sum, child) => sum + child.own + child.below, 0) };
}

/** How busy the machine was with everything, so that a figure can be judged. */
export function load(): Figure {
  return { name: 'load of the machine (1, 5, 15 min)', unit: 'count', samples: loadavg() };
}

export function report(figures: readonly Figure[]): void {
  for (const { name, unit, samples, target } of figures) {
    const [p50, p95, p99] = [50, 95, 99].map((p) => round(percentile(samples, p)));
    console.log(JSON.stringify({ name, unit, n: samples.length, p50, p95, p99, target }));
  }
  const rows = figures.map(({ name, unit, samples, target }) => [
    name,
    unit,
    String(samples.length),
    ...[50, 95, 99].map((p) => String(round(percentile(samples, p)))),
    target ?? '',
  ]);
  const table = [['figure', 'unit', 'n', 'p50', 'p95', 'p99', 'target'], ...rows];
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  );
  console.log('');
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
