/** The built-ins that operators of the language stand for: no policy does without them. */
import { ARITHMETIC } from './arithmetic.ts';
import { type BuiltinGroup, merged } from './builtin.ts';
import { COMPARISON } from './comparison.ts';
import { SETS } from './sets.ts';

export const OPERATORS: BuiltinGroup = merged([ARITHMETIC, COMPARISON, SETS]);
