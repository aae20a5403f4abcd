import { messageOf } from '@waybill/core';
import type { Journal, Round } from './journal.ts';

export interface Options {
  readonly kills: number;
  readonly seed: number;
  /** Holds the server's data and the journal; a second run over it goes on after the last kill. */
  readonly directory: string;
  /** No further kill after this time; one there is in any case. */
  readonly withinMs?: number;
  /** The latest moment of a kill. */
  readonly longestLoadMs?: number;
  readonly onSeed?: (seed: number) => void;
  readonly onRound?: (round: Round) => void;
}

/** One kill after another, from where the journal ends. Throws at the first breach, naming kill and seed. */
export async function playRounds(
  options: Options,
  journal: Journal<unknown>,
  play: (number: number) => Promise<Round>,
): Promise<void> {
  const { kills, withinMs = Number.POSITIVE_INFINITY, onSeed, onRound } = options;
  const startedMs = performance.now();
  onSeed?.(journal.seed);
  const first = journal.rounds.length + 1;
  for (let number = first; number <= kills; number++) {
    if (number > first && performance.now() - startedMs > withinMs) return;
    const round = await play(number).catch((cause: unknown) => {
      throw new Error(`kill ${number} of seed ${journal.seed}: ${messageOf(cause)}`, { cause });
    });
    journal.end(round);
    onRound?.(round);
  }
}
