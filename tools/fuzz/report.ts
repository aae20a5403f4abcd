import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Failure, Summary } from './session.ts';

/** The rounds of each target together. */
function merged(summaries: readonly Summary[]): readonly Summary[] {
  const byTarget = new Map<string, Summary>();
  for (const summary of summaries) {
    const before = byTarget.get(summary.target);
    byTarget.set(summary.target, before === undefined ? summary : add(before, summary));
  }
  return [...byTarget.values()];
}

function add(a: Summary, b: Summary): Summary {
  const codes = new Set([...Object.keys(a.refused), ...Object.keys(b.refused)]);
  return {
    target: a.target,
    cases: a.cases + b.cases,
    accepted: a.accepted + b.accepted,
    refused: Object.fromEntries(
      [...codes].map((code) => [code, (a.refused[code] ?? 0) + (b.refused[code] ?? 0)]),
    ),
    slowestMs: Math.max(a.slowestMs, b.slowestMs),
    peakHeapBytes: Math.max(a.peakHeapBytes, b.peakHeapBytes),
    failures: [...a.failures, ...b.failures],
  };
}

const mb = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

/** A table in Markdown. */
export function table(summaries: readonly Summary[]): string {
  const rows = merged(summaries).map((summary) => {
    const refused = Object.entries(summary.refused)
      .toSorted(([, a], [, b]) => b - a)
      .map(([code, count]) => `${code} ${count}`);
    return [
      summary.target,
      summary.cases,
      summary.accepted,
      refused.join(', ') || '–',
      Math.round(summary.slowestMs),
      mb(summary.peakHeapBytes),
      summary.failures.length,
    ];
  });
  const head = ['target', 'cases', 'accepted', 'refused, by code', 'slowest ms', 'peak heap MB', 'failures'];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const cases = summaries.reduce((sum, summary) => sum + summary.cases, 0);
  const failures = summaries.flatMap((summary) => summary.failures).length;
  return `${lines.join('\n')}\n\n${cases} cases over ${rows.length} targets, ${failures} failures`;
}

/** Which target, what, the input, and how to see it again. The input is kept as a file. */
export function describeFailure(failure: Failure): string {
  const { target, seed, at, kind, detail, input } = failure;
  const directory = join(tmpdir(), 'waybill-fuzz');
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${target.replaceAll(/[^A-Za-z0-9]+/g, '-')}-${seed}-${at}.bin`);
  writeFileSync(file, input);
  const base64 = Buffer.from(input).toString('base64');
  return [
    `FAIL ${target}: ${kind} (seed ${seed}, case ${at})`,
    detail.replaceAll(/^/gm, '    '),
    `  input, ${input.length} bytes, base64: ${base64.length > 2000 ? `${base64.slice(0, 2000)}…` : base64}`,
    `  again: npm run fuzz -- --target '${target}' --input ${file}`,
  ].join('\n');
}
