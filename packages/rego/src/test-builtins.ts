/** All groups of built-ins, as Node has them. */
import type { BuiltinGroup } from './builtins/builtin.ts';

export const ALL_BUILTINS: readonly BuiltinGroup[] = [];
