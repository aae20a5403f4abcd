import type { OptionSpecs } from './command.ts';
import { cliError } from './exit.ts';
import { printable } from './printable.ts';
import type { Session } from './session.ts';

/** Where a person answers questions: what they type, and where the questions stand. */
export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

export const YES_OPTION = {
  yes: { type: 'boolean', short: 'y', summary: 'Do it without asking, as where there is no terminal' },
} as const satisfies OptionSpecs;

/** Goes on only if the person wants it; a script wants what it says. Throws `cli_declined`. */
export async function confirm(
  { terminal }: Session,
  question: string,
  { yes }: { readonly yes: boolean },
): Promise<void> {
  if (yes || terminal === null) return;
  const answer = await asked(terminal, `${question} [y/N] `);
  if (/^y(es)?$/i.test(answer)) return;
  throw cliError('cli_declined', 'not done, as you say');
}

/** One of `choices`, by its number or as it stands. Throws `cli_declined` when there is no such answer after three. */
export async function choose(
  terminal: Terminal,
  question: string,
  choices: readonly string[],
): Promise<string> {
  const width = String(choices.length).length;
  const lines = choices.map((choice, index) => `  ${String(index + 1).padStart(width)}  ${choice}\n`);
  terminal.output.write(printable(`${question}\n${lines.join('')}`));
  for (let attempt = 0; attempt < 3; attempt++) {
    const answer = await asked(terminal, `1 to ${choices.length}, or the name: `);
    const chosen = choices.includes(answer)
      ? answer
      : /^\d+$/.test(answer)
        ? choices[Number(answer) - 1]
        : undefined;
    if (chosen !== undefined) return chosen;
  }
  throw cliError('cli_declined', 'none of these was chosen: nothing was done');
}

async function asked(terminal: Terminal, question: string): Promise<string> {
  terminal.output.write(printable(question));
  return (await lineOf(terminal.input)).trim();
}

/** What is typed is not shown. Throws `cli_interrupted` for Ctrl-C, which raw input makes a letter of. */
export async function askHidden({ input, output }: Terminal, question: string): Promise<string> {
  // Before the question: the terminal itself would show what is typed, or pasted, in between.
  input.setRawMode(true);
  output.write(`${printable(question)} (nothing is shown): `);
  try {
    return edited(await lineOf(input));
  } finally {
    input.setRawMode(false);
    output.write('\n');
  }
}

const [INTERRUPT, END, BACKSPACE, DELETE] = ['\u0003', '\u0004', '\b', '\u007f'] as const;
const ENDS: readonly string[] = ['\r', '\n', INTERRUPT, END];

/** A line, or up to the sign that ends it; what was typed after it stays for the next question. */
async function lineOf(input: NodeJS.ReadStream): Promise<string> {
  let text = '';
  input.setEncoding('utf8');
  try {
    for (;;) {
      const piece = await nextPiece(input);
      if (piece === null) throw cliError('cli_declined', 'there was no answer: nothing was done');
      text += piece;
      const end = text.split('').findIndex((sign) => ENDS.includes(sign));
      if (end === -1) continue;
      if (text[end] === INTERRUPT) throw cliError('cli_interrupted', 'interrupted');
      if (text[end] === END) throw cliError('cli_declined', 'there was no answer: nothing was done');
      const rest = text.slice(end + 1);
      if (rest !== '') input.unshift(rest, 'utf8');
      return text.slice(0, end);
    }
  } finally {
    input.pause();
  }
}

function nextPiece(input: NodeJS.ReadStream): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const done = (piece: string | null) => {
      input.off('data', onData).off('end', onEnd).off('error', reject);
      resolve(piece);
    };
    const onData = (piece: string) => {
      // At once: what comes next waits for the next question.
      input.pause();
      done(piece);
    };
    const onEnd = () => done(null);
    input.on('data', onData).on('end', onEnd).on('error', reject);
    input.resume();
  });
}

/** Without what was taken back: raw input brings the keys, too. */
function edited(typed: string): string {
  const kept: string[] = [];
  for (const sign of typed) {
    if (sign === BACKSPACE || sign === DELETE) kept.pop();
    else kept.push(sign);
  }
  return kept.join('');
}
