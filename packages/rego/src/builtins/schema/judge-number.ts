/** The limits of numbers, judged exactly. */
import { exactOf, powerOfTen } from '../../values/decimal.ts';
import { floatOf, floatText } from '../../values/float.ts';
import { compareNumbers, type RegoNumber } from '../../values/number.ts';
import type { Outcome, Path } from './outcome.ts';
import type { Schema } from './schema.ts';

export function judgeNumber(schema: Schema, value: RegoNumber, outcome: Outcome, path: Path): void {
  const { multipleOf, minimum, exclusiveMinimum, maximum, exclusiveMaximum } = schema;
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) {
    outcome.add(path, 'multiple_of', `Must be a multiple of ${limitText(multipleOf)}`);
  }
  if (maximum !== undefined && compareNumbers(value, maximum) > 0) {
    outcome.add(path, 'number_lte', `Must be less than or equal to ${limitText(maximum)}`);
  }
  if (exclusiveMaximum !== undefined && compareNumbers(value, exclusiveMaximum) >= 0) {
    outcome.add(path, 'number_lt', `Must be less than ${limitText(exclusiveMaximum)}`);
  }
  if (minimum !== undefined && compareNumbers(value, minimum) < 0) {
    outcome.add(path, 'number_gte', `Must be greater than or equal to ${limitText(minimum)}`);
  }
  if (exclusiveMinimum !== undefined && compareNumbers(value, exclusiveMinimum) <= 0) {
    outcome.add(path, 'number_gt', `Must be greater than ${limitText(exclusiveMinimum)}`);
  }
  outcome.score++;
}

function isMultiple(value: RegoNumber, divisor: RegoNumber): boolean {
  const [a, b] = [exactOf(value), exactOf(divisor)];
  if (a.coefficient === 0n) return true;
  const exponent = Math.min(a.exponent, b.exponent);
  const dividend = a.coefficient * powerOfTen(a.exponent - exponent);
  return dividend % (b.coefficient * powerOfTen(b.exponent - exponent)) === 0n;
}

/** As Go prints a `big.Float`: in exponential form from 1e6 on. */
function limitText(value: RegoNumber): string {
  const exact = exactOf(value);
  const plain = exact.exponent < 0 ? floatText(floatOf(exact)) : undefined;
  if (plain?.includes('e') === true || (plain !== undefined && Math.abs(Number(plain)) < 1e6)) return plain;
  const sign = exact.coefficient < 0n ? '-' : '';
  const digits = exact.coefficient.toString().replace('-', '');
  const exponent = digits.length - 1 + exact.exponent;
  if (exponent < 6) return sign + digits + '0'.repeat(exact.exponent);
  const kept = digits.replace(/0+$/, '');
  return `${sign}${kept[0]}${kept.length > 1 ? `.${kept.slice(1)}` : ''}e+${String(exponent).padStart(2, '0')}`;
}
