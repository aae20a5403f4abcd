/** format_int: an integer in base 2, 8, 10 or 16. */
import { exactOf } from '../values/decimal.ts';
import { floatOf, truncateFloat } from '../values/float.ts';
import { numberText } from '../values/number.ts';
import type { Value } from '../values/value.ts';
import { operandError } from './builtin.ts';
import { numberOperand } from './operands.ts';

const BASES: ReadonlyMap<string, number> = new Map([
  ['2', 2],
  ['8', 8],
  ['10', 10],
  ['16', 16],
]);

/** Fractions are cut off towards zero. */
export function formatInteger(value: Value, base: Value): string {
  const number = numberOperand(value, 1);
  const radix = BASES.get(numberText(numberOperand(base, 2)));
  if (radix === undefined) throw operandError(2, 'must be one of {2, 8, 10, 16}');
  if (typeof number === 'bigint' || (typeof number === 'number' && Number.isInteger(number))) {
    return number.toString(radix);
  }
  return truncateFloat(floatOf(exactOf(number))).toString(radix);
}
