import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Victim } from './victim.ts';

/** What one kill came to; a line of the output. */
export interface Round {
  readonly kill: number;
  readonly victim: Victim;
  /** Kills that count from the begin of the load hit runs, uploads and certificates, the others pushes. */
  readonly since: 'load' | 'first push' | 'first answer';
  readonly afterMs: number;
  /** The next start was killed as well, before it was ready or just after. */
  readonly startToo: boolean;
  /** Requests answered before the kill, and those that were sent and got no answer. */
  readonly acknowledged: number;
  readonly cutOff: number;
  /** From the start of the process to the first 200 of /readyz. */
  readonly restartMs: number;
  readonly logSize: number;
  /** Entries of the CT log, where that is under load too. */
  readonly ctSize?: number;
}

/** What a torture run must remember when it is itself interrupted: how it began, and what the server has promised since. */
export interface Journal<Promised> {
  readonly port: number;
  readonly seed: number;
  readonly rounds: readonly Round[];
  readonly promised: ReadonlyMap<string, Promised>;
  promise(receipt: Promised): void;
  end(round: Round): void;
}

type Line<Promised> =
  | { readonly type: 'begin'; readonly port: number; readonly seed: number }
  | { readonly type: 'promise'; readonly receipt: Promised }
  | ({ readonly type: 'round' } & Round);

/** Goes on with the journal of the directory, or begins one. */
export function openJournal<Promised>(
  directory: string,
  options: { readonly port: number; readonly seed: number; keyOf(promised: Promised): string },
): Journal<Promised> {
  const { port, seed, keyOf } = options;
  const file = join(directory, 'journal.jsonl');
  const write = (line: Line<Promised>): void => appendFileSync(file, `${JSON.stringify(line)}\n`);
  if (!existsSync(file)) write({ type: 'begin', port, seed });
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Line<Promised>);
  const [first] = lines;
  if (first?.type !== 'begin') throw new Error(`${file} is not the journal of a torture run`);
  const rounds: Round[] = [];
  const promised = new Map<string, Promised>();
  for (const line of lines) {
    if (line.type === 'promise') promised.set(keyOf(line.receipt), line.receipt);
    if (line.type === 'round') {
      const { type: _type, ...round } = line;
      rounds.push(round);
    }
  }
  return {
    port: first.port,
    seed: first.seed,
    rounds,
    promised,
    promise(receipt) {
      promised.set(keyOf(receipt), receipt);
      write({ type: 'promise', receipt });
    },
    end(round) {
      rounds.push(round);
      write({ type: 'round', ...round });
    },
  };
}
