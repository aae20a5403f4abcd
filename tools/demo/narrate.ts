import { interrupted } from './interrupted.ts';

/** Prints the demo: numbered steps with their time, facts below them. */
export interface Narrator {
  /** Runs a step and prints what it did; a step that throws ends the demo. */
  step<T>(title: string, work: (say: (line: string) => void) => Promise<T>): Promise<T>;
  summary(lines: readonly string[]): void;
}

const WIDTH = 72;
const LINE = 110;

export function narrator(total: number, out: (text: string) => void): Narrator {
  const begun = performance.now();
  let number = 0;
  return {
    async step(title, work) {
      interrupted.throwIfAborted();
      number += 1;
      const started = performance.now();
      const facts: string[] = [];
      const heading = `${number}/${total} ${title}`;
      try {
        return await work((line) => facts.push(line));
      } finally {
        out(`${heading.padEnd(WIDTH)} ${seconds(performance.now() - started)}`);
        for (const fact of facts) out(clip(`     ${fact}`));
      }
    },
    summary(lines) {
      out('');
      for (const line of lines) out(line);
      out(`Done in ${seconds(performance.now() - begun)}.`);
    },
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function clip(line: string): string {
  return line.length <= LINE ? line : `${line.slice(0, LINE - 1)}…`;
}
