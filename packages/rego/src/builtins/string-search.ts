/** Strings: where and whether parts occur. */
import { RegoArray, RegoSet, type Value } from '../values/value.ts';
import { type BuiltinContext, type BuiltinGroup, builtinError, functions, stepText } from './builtin.ts';
import { isAscii, runeCount } from './go/text.ts';
import { stringOperand, stringsOperand, typeError } from './operands.ts';

function searched(context: BuiltinContext, whole: Value, part: Value): readonly [string, string] {
  const [all, wanted] = [stringOperand(whole, 1), stringOperand(part, 2)];
  if (wanted === '') throw builtinError('empty search character');
  stepText(context, all.length);
  return [all, wanted];
}

/** In code points; -1 where there is none. */
function indexOf(whole: string, part: string): number {
  const at = whole.indexOf(part);
  return at <= 0 || isAscii(whole) ? at : runeCount(whole.slice(0, at));
}

/** Occurrences may overlap. */
function indicesOf(whole: string, part: string): number[] {
  const found: number[] = [];
  let runes = 0;
  let counted = 0;
  for (let at = whole.indexOf(part); at >= 0; at = whole.indexOf(part, at + 1)) {
    runes += runeCount(whole.slice(counted, at));
    counted = at;
    found.push(runes);
  }
  return found;
}

function stringOrStrings(value: Value, position: number): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof RegoArray || value instanceof RegoSet) return stringsOperand(value, position);
  throw typeError(position, value, 'string', 'set', 'array');
}

/** Strings with a common beginning stand together when sorted, right behind that beginning. */
function anyStartsWithAny(strings: readonly string[], prefixes: readonly string[]): boolean {
  const sorted = strings.toSorted();
  return prefixes.some((prefix) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] ?? '') < prefix) low = middle + 1;
      else high = middle;
    }
    return sorted[low]?.startsWith(prefix) ?? false;
  });
}

function anyMatch(context: BuiltinContext, search: Value, base: Value, fromEnd: boolean): boolean {
  const strings = stringOrStrings(search, 1);
  const affixes = stringOrStrings(base, 2);
  context.step(strings.length + affixes.length);
  const [only] = strings;
  if (strings.length === 1 && only !== undefined) {
    return affixes.some((affix) => (fromEnd ? only.endsWith(affix) : only.startsWith(affix)));
  }
  return fromEnd
    ? anyStartsWithAny(strings.map(reversedUnits), affixes.map(reversedUnits))
    : anyStartsWithAny(strings, affixes);
}

function reversedUnits(text: string): string {
  return text.split('').toReversed().join('');
}

export const STRING_SEARCH: BuiltinGroup = functions({
  indexof: (context, whole, part) => indexOf(...searched(context, whole, part)),
  indexof_n: (context, whole, part) => new RegoArray(indicesOf(...searched(context, whole, part))),
  'strings.any_prefix_match': (context, search, base) => anyMatch(context, search, base, false),
  'strings.any_suffix_match': (context, search, base) => anyMatch(context, search, base, true),
});
