/** sprintf, as Go's fmt does it for what OPA hands to it. */
import { numberText, type RegoNumber, toDouble } from '../values/number.ts';
import { isNumber } from '../values/order.ts';
import { termText } from '../values/text.ts';
import type { Value } from '../values/value.ts';
import { type BuiltinGroup, functions, stepText } from './builtin.ts';
import type { Argument } from './go/print-argument.ts';
import { sprintf } from './go/printf.ts';
import { arrayOperand, isFloatText, stringOperand } from './operands.ts';

function argumentOf(value: Value): Argument {
  if (typeof value === 'string') return value;
  return isNumber(value) ? numericArgument(value) : termText(value);
}

/** A number with a fraction or exponent is a float, even if it is whole; beyond the range of doubles, its text. */
function numericArgument(value: RegoNumber): Argument {
  if (!isFloatText(value)) return typeof value === 'object' ? BigInt(value.text) : BigInt(value);
  const float = toDouble(value);
  return Number.isFinite(float) ? { float } : numberText(value);
}

export const SPRINTF: BuiltinGroup = functions({
  sprintf: (context, format, values) => {
    const pattern = stringOperand(format, 1);
    const args = arrayOperand(values, 2).items;
    const [only] = args;
    if (pattern === '%d' && args.length === 1 && typeof only === 'number' && Number.isInteger(only)) {
      return String(only);
    }
    stepText(context, pattern.length);
    return sprintf(pattern, args.map(argumentOf), (characters) => stepText(context, characters));
  },
});
