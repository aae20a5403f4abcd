import type { Journal, Round } from './journal.ts';

/** The figures of a whole run, as lines for people. */
export function summarize({ seed, rounds, promised }: Journal<unknown>): string {
  const restarts = rounds.map(({ restartMs }) => restartMs).toSorted((a, b) => a - b);
  const at = (share: number): number => restarts[Math.max(0, Math.ceil(share * restarts.length) - 1)] ?? 0;
  const sum = (count: (round: Round) => number): number =>
    rounds.reduce((total, round) => total + count(round), 0);
  const ofPostgres = sum(({ victim }) => Number(victim === 'PostgreSQL'));
  return [
    `seed ${seed}: ${rounds.length} kills, ${ofPostgres} of them of PostgreSQL; ${sum(({ startToo }) => Number(startToo))} of the starts that followed were killed as well`,
    `acknowledged before a kill: ${sum(({ acknowledged }) => acknowledged)}; cut off and sent again: ${sum(({ cutOff }) => cutOff)}`,
    `verified at the end: ${promised.size}, log entries ${rounds.at(-1)?.logSize ?? 0}, CT entries ${rounds.at(-1)?.ctSize ?? '–'}`,
    `restart to /readyz: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(1)} ms`,
  ].join('\n');
}
