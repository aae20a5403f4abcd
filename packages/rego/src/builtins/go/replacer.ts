/** strings.NewReplacer: the first of the given pairs that fits a place is put there. */
import { spend } from '../../values/meter.ts';
import { MAX_TEXT_LENGTH, TextWriter } from '../../values/text-writer.ts';
import { bytesOf, isAscii, stringOf } from './text.ts';

export type Pair = readonly [old: string, replacement: string];

export function replaceAll(text: string, pairs: readonly Pair[]): string {
  const [only] = pairs;
  if (only === undefined) return text;
  if (pairs.length === 1 && only[0] !== '') return text.split(only[0]).join(only[1]);
  if (pairs.every(([old]) => old !== '') || isAscii(text)) return replaceInUnits(text, pairs);
  // An empty pattern fits between any two bytes, even of one character.
  const inBytes = replaceInUnits(
    latin1(text),
    pairs.map(([old, replacement]) => [latin1(old), latin1(replacement)] as const),
  );
  return stringOf(Uint8Array.from(inBytes, (unit) => unit.charCodeAt(0)));
}

function latin1(text: string): string {
  return Array.from(bytesOf(text), (byte) => String.fromCharCode(byte)).join('');
}

function replaceInUnits(text: string, pairs: readonly Pair[]): string {
  const byFirst = indexed(pairs);
  const writer = new TextWriter(MAX_TEXT_LENGTH);
  let copied = 0;
  let wasEmpty = false;
  for (let at = 0; at <= text.length; ) {
    const pair = byFirst(text, at, wasEmpty);
    if (pair === undefined) {
      wasEmpty = false;
      at++;
      continue;
    }
    writer.put(text.slice(copied, at));
    writer.put(pair[1]);
    wasEmpty = pair[0] === '';
    at += pair[0].length;
    copied = at;
  }
  writer.put(text.slice(copied));
  return writer.finish();
}

type Lookup = (text: string, at: number, skipEmpty: boolean) => Pair | undefined;

/** Candidates by the unit that they begin with, in the order given; the empty pattern is one for each. */
function indexed(pairs: readonly Pair[]): Lookup {
  const empty = pairs.filter(([old]) => old === '');
  const units = new Map<string, Pair[]>();
  for (const [old] of pairs) {
    if (old !== '' && !units.has(old.charAt(0))) {
      units.set(
        old.charAt(0),
        pairs.filter((pair) => pair[0] === '' || pair[0].startsWith(old.charAt(0))),
      );
    }
  }
  return (text, at, skipEmpty) => {
    const candidates = units.get(text.charAt(at)) ?? empty;
    spend(candidates.length >> 2);
    return candidates.find(([old]) => (old !== '' || !skipEmpty) && text.startsWith(old, at));
  };
}
