import type { Target } from './target.ts';

/** `total` cases spread over the targets: what costs four times as much gets half as many, and each some. */
export function spread(targets: readonly Target[], total: number): readonly (readonly [string, number])[] {
  const weights = targets.map(({ costMicros }) => 1 / Math.sqrt(costMicros));
  const sum = weights.reduce((all, weight) => all + weight, 0);
  return targets.map(
    ({ name }, at) => [name, Math.max(1, Math.round((total * (weights[at] ?? 0)) / sum))] as const,
  );
}

const SHORT_MICROS = 100_000;

/** For `npm test`: a tenth of a second for each target, at most ten thousand cases. */
export function shortPlan(targets: readonly Target[]): readonly (readonly [string, number])[] {
  return targets.map(({ name, costMicros }) => [
    name,
    Math.min(10_000, Math.ceil(SHORT_MICROS / costMicros)),
  ]);
}
