/** What `print` shows. */
import { spend } from '../values/meter.ts';
import { termText } from '../values/text.ts';
import { RegoArray, RegoSet, type Value } from '../values/value.ts';

/** One line for each choice of one value from each set; an empty set is an undefined argument. */
export function printSets(sets: Value, print: (text: string) => void): void {
  if (!(sets instanceof RegoArray)) return;
  const choices = sets.items.map((set) => (set instanceof RegoSet ? set.items.map(shown) : []));
  each(choices, [], print);
}

function each(
  choices: readonly (readonly string[])[],
  chosen: readonly string[],
  print: (text: string) => void,
): void {
  spend(1);
  const options = choices[chosen.length];
  if (options === undefined) print(chosen.join(' '));
  else if (options.length === 0) each(choices, [...chosen, '<undefined>'], print);
  else for (const option of options) each(choices, [...chosen, option], print);
}

function shown(value: Value): string {
  return typeof value === 'string' ? value : termText(value);
}
