import { spawn } from 'node:child_process';
import { requirePeer } from '@waybill/testkit';
import { BIN, cleanEnv, type RunOptions } from './program.ts';

const script = requirePeer('script');
/** Why there is no terminal; false where there is one. */
export const noTerminal = script.skip;

export interface Seen {
  readonly code: number | null;
  /** All that the terminal was told, what is typed at it as far as it is shown among it. */
  readonly text: string;
}

/**
 * The program at a terminal of its own, as `script` of util-linux makes one. Each answer is typed when its question is
 * there.
 */
export function atTerminal(
  args: readonly string[],
  { cwd, env = {} }: RunOptions,
  answers: readonly (readonly [question: RegExp, answer: string])[] = [],
): Promise<Seen> {
  const command = [process.execPath, BIN, ...args].map(
    (word) => `'${word.replaceAll("'", String.raw`'\''`)}'`,
  );
  const child = spawn(script.path ?? '', ['-qefc', `exec ${command.join(' ')}`, '/dev/null'], {
    cwd,
    env: cleanEnv(cwd, { SHELL: '/bin/sh', ...env }),
  });
  let text = '';
  let from = 0;
  const waiting = [...answers];
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      const [question, answer] = waiting[0] ?? [];
      if (question === undefined || !question.test(text.slice(from))) return;
      from = text.length;
      waiting.shift();
      child.stdin.write(answer ?? '');
    });
    child.on('close', (code) => {
      if (waiting.length > 0) reject(new Error(`never asked ${String(waiting[0]?.[0])}: ${text}`));
      else resolve({ code, text });
    });
  });
}
