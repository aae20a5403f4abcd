/** The engine with the built-ins that need no library: what most callers want. */
import { CORE_BUILTINS } from './builtins/index.ts';
import { compile as compileBare, type PolicyOptions, type Source } from './compile.ts';
import type { Policy } from './evaluate/policy.ts';

/** Parses, checks and compiles; throws RegoSourceError with what `opa check` would report. */
export function compile(sources: readonly Source[], options: PolicyOptions = {}): Policy {
  return compileBare(sources, { ...options, builtins: [CORE_BUILTINS, ...(options.builtins ?? [])] });
}
