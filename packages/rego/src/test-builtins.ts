/** All groups of built-ins, as Node has them. */
import type { BuiltinGroup } from './builtins/builtin.ts';
import { regexBuiltins } from './builtins/regex.ts';

export const ALL_BUILTINS: readonly BuiltinGroup[] = [regexBuiltins()];
