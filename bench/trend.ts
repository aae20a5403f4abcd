export interface Sample {
  readonly atSeconds: number;
  readonly values: Readonly<Record<string, number>>;
}

export interface Growth {
  /** By the slope of Theil and Sen, which single outliers do not move. */
  readonly perHour: number;
  /** What that is over the time that was watched, as a part of the median. */
  readonly share: number;
  readonly verdict: 'grows' | 'flat';
}

/** A process warms up at first: caches fill, code is compiled, the heap takes its size. */
const WARM_UP = 1 / 4;
const TOLERATED = 0.1;

/**
 * Whether a figure grows after the warm-up: by more than a tenth of its median over the time that was watched, and
 * more often up than down between any two samples.
 */
export function growthOf(samples: readonly Sample[], name: string): Growth {
  const settled = samples.slice(Math.floor(samples.length * WARM_UP));
  const points = settled.map(({ atSeconds, values }) => ({ atSeconds, value: values[name] ?? Number.NaN }));
  const slopes = points.flatMap((a, index) =>
    points.slice(index + 1).map((b) => (b.value - a.value) / (b.atSeconds - a.atSeconds)),
  );
  const perSecond = median(slopes);
  const seconds = (points.at(-1)?.atSeconds ?? 0) - (points[0]?.atSeconds ?? 0);
  const middle = median(points.map(({ value }) => value));
  const share = middle === 0 ? 0 : (perSecond * seconds) / middle;
  const upwards = slopes.filter((slope) => slope > 0).length / slopes.length;
  return {
    perHour: perSecond * 3600,
    share,
    verdict: share > TOLERATED && upwards > 2 / 3 ? 'grows' : 'flat',
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}
