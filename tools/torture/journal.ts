import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Receipt } from '@waybill/api';

/** What one kill came to; a line of the output. */
export interface Round {
  readonly kill: number;
  readonly victim: 'server' | 'PostgreSQL';
  /** Kills that count from the begin of the load hit runs, uploads and certificates, the others pushes. */
  readonly since: 'load' | 'first push';
  readonly afterMs: number;
  /** The next start was killed as well, before it was ready or just after. */
  readonly startToo: boolean;
  /** Attestations answered before the kill, and those that were sent and got no answer. */
  readonly acknowledged: number;
  readonly cutOff: number;
  /** From the start of the process to the first 200 of /readyz. */
  readonly restartMs: number;
  readonly logSize: number;
}

/** What a torture run must remember when it is itself interrupted: how it began, and what the server has promised since. */
export interface Journal {
  readonly port: number;
  readonly seed: number;
  readonly rounds: readonly Round[];
  readonly promised: ReadonlyMap<string, Receipt>;
  promise(receipt: Receipt): void;
  end(round: Round): void;
}

type Line =
  | { readonly type: 'begin'; readonly port: number; readonly seed: number }
  | { readonly type: 'promise'; readonly receipt: Receipt }
  | ({ readonly type: 'round' } & Round);

/** Goes on with the journal of the directory, or begins one. */
export function openJournal(
  directory: string,
  begin: { readonly port: number; readonly seed: number },
): Journal {
  const file = join(directory, 'journal.jsonl');
  const write = (line: Line): void => appendFileSync(file, `${JSON.stringify(line)}\n`);
  if (!existsSync(file)) write({ type: 'begin', ...begin });
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Line);
  const [first] = lines;
  if (first?.type !== 'begin') throw new Error(`${file} is not the journal of a torture run`);
  const rounds: Round[] = [];
  const promised = new Map<string, Receipt>();
  for (const line of lines) {
    if (line.type === 'promise') promised.set(line.receipt.runId, line.receipt);
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
      promised.set(receipt.runId, receipt);
      write({ type: 'promise', receipt });
    },
    end(round) {
      rounds.push(round);
      write({ type: 'round', ...round });
    },
  };
}
