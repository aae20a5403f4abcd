/** Mutations of texts in lines or tags: YAML, PEM, notes, JSON lines, XML. */
import type { Random } from '../random.ts';

/** One line (or tag) cut out, doubled, moved, indented or taken from `other`. */
export function mutateLines(input: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  const text = Buffer.from(input).toString('utf8');
  const boundary = text.trimStart().startsWith('<') ? /(?=<)/ : /(?<=\n)/;
  const lines = text.split(boundary);
  const at = random.below(lines.length);
  const line = lines[at] ?? '';
  switch (random.below(7)) {
    case 0:
      lines.splice(at, 1 + random.skewed(lines.length));
      break;
    case 1:
      lines.splice(at, 0, line.repeat(1 + random.skewed(40)));
      break;
    case 2:
      lines[at] = lines[random.below(lines.length)] ?? '';
      break;
    case 3:
      lines[at] = `${' '.repeat(random.skewed(12))}${line}`;
      break;
    case 4:
      lines[at] = line.trimStart();
      break;
    case 5:
      lines.splice(at, 0, random.pick(Buffer.from(other).toString('utf8').split(boundary)));
      break;
    default:
      lines[at] = swapWords(line, random);
  }
  return Buffer.from(lines.join(''));
}

const WORDS = [
  'true',
  '~',
  '[]',
  '{}',
  '0',
  '""',
  '*a',
  '&a x',
  '!!binary x',
  'null',
  '|',
  '2026-01-01',
  '__proto__',
];

function swapWords(line: string, random: Random): string {
  const words = line.split(/\b/);
  words[random.below(words.length)] = random.once(2) ? random.pick(WORDS) : random.pick(words);
  return words.join('');
}
