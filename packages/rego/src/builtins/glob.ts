/** glob.match and glob.quote_meta */
import { typeName } from '../values/order.ts';
import { RegoArray, type Value } from '../values/value.ts';
import {
  type BuiltinContext,
  type BuiltinGroup,
  builtinError,
  functions,
  operandError,
  stepText,
} from './builtin.ts';
import { refusing } from './encoding.ts';
import { compileGlob, type Glob } from './go/glob-match.ts';
import { GlobError, parseGlob } from './go/glob-parse.ts';
import { runeCount } from './go/text.ts';
import { elementError, stringOperand, typeError } from './operands.ts';

/** A longer one costs more memory than a matcher is worth: each character becomes a node. */
const MAX_PATTERN_LENGTH = 65_536;

/** None for null, the full stop for an empty array. */
function delimitersOperand(value: Value): readonly string[] {
  if (value === null) return [];
  if (!(value instanceof RegoArray)) throw typeError(2, value, 'array', 'null');
  const delimiters = value.items.map((item) => {
    if (typeof item !== 'string') throw elementError(2, value, item, 'string');
    if (runeCount(item) !== 1)
      throw operandError(2, `must be array of runes but got array containing ${typeName(item)}`);
    return item;
  });
  return delimiters.length === 0 ? ['.'] : delimiters;
}

function globOf(context: BuiltinContext, pattern: string, delimiters: readonly string[]): Glob {
  const key = `glob ${delimiters.length} ${delimiters.join('')}${pattern}`;
  const known = context.cache.get(key) as Glob | undefined;
  if (known !== undefined) return known;
  stepText(context, pattern.length);
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw builtinError(`a pattern of ${pattern.length} characters: at most ${MAX_PATTERN_LENGTH} are read`);
  }
  const glob = compileGlob(
    refusing(GlobError, () => parseGlob(pattern)),
    new Set(delimiters),
  );
  context.cache.set(key, glob);
  return glob;
}

function match(context: BuiltinContext, pattern: Value, delimiters: Value, text: Value): boolean {
  const source = stringOperand(pattern, 1);
  const separators = delimitersOperand(delimiters);
  const subject = stringOperand(text, 3);
  const glob = globOf(context, source, separators);
  return glob.matches(subject);
}

export const GLOB: BuiltinGroup = functions({
  'glob.match': match,
  'glob.quote_meta': (_context, pattern) => stringOperand(pattern, 1).replaceAll(/[*?\\[\]{}]/g, '\\$&'),
});
