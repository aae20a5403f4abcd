/** Tests of types, and the casts of Rego v0. */
import { numberFromText } from '../values/number.ts';
import { typeName } from '../values/order.ts';
import { quotedText } from '../values/text.ts';
import { RegoArray, RegoSet, type Value } from '../values/value.ts';
import { type BuiltinGroup, builtinError, type Evaluate, functions } from './builtin.ts';
import { parseFloatText } from './go/number-text.ts';
import { typeError } from './operands.ts';

function isType(name: ReturnType<typeof typeName>): Evaluate {
  return (_context, value) => typeName(value) === name;
}

function toNumber(value: Value): Value {
  if (typeof value === 'string') return numberOfString(value);
  switch (typeName(value)) {
    case 'null':
      return 0;
    case 'boolean':
      return value === true ? 1 : 0;
    case 'number':
      return value;
    default:
      throw typeError(1, value, 'null', 'boolean', 'number', 'string');
  }
}

function numberOfString(text: string): Value {
  if (/^[-+]*(?:inf|infinity|nan)$/i.test(text)) throw typeError(1, text, 'valid number string');
  const number = parseFloatText(text);
  if (number === undefined) {
    throw builtinError(`strconv.ParseFloat: parsing ${quotedText(text)}: invalid syntax`);
  }
  if (!Number.isFinite(Number(number))) {
    throw builtinError(`strconv.ParseFloat: parsing ${quotedText(text)}: value out of range`);
  }
  return numberFromText(number);
}

function cast(name: ReturnType<typeof typeName>): Evaluate {
  return (_context, value) => {
    if (typeName(value) === name) return value;
    throw typeError(1, value, name);
  };
}

export const TYPES: BuiltinGroup = functions({
  is_array: isType('array'),
  is_boolean: isType('boolean'),
  is_null: isType('null'),
  is_number: isType('number'),
  is_object: isType('object'),
  is_set: isType('set'),
  is_string: isType('string'),
  type_name: (_context, value) => typeName(value),
  to_number: (_context, value) => toNumber(value),
  cast_boolean: cast('boolean'),
  cast_null: cast('null'),
  cast_object: cast('object'),
  cast_string: cast('string'),
  cast_array: (context, value) => {
    if (value instanceof RegoArray) return value;
    if (!(value instanceof RegoSet)) throw typeError(1, value, 'array', 'set');
    context.step(value.size);
    return new RegoArray(value.items);
  },
  cast_set: (context, value) => {
    if (value instanceof RegoSet) return value;
    if (!(value instanceof RegoArray)) throw typeError(1, value, 'array', 'set');
    context.step(value.length);
    return RegoSet.of(value.items);
  },
});
