/** From source texts to a policy that can be evaluated. */
import { analyseModules } from './check/check-modules.ts';
import { type CompileOptions, Policy } from './evaluate/policy.ts';
import { stringsOf } from './plan/scope.ts';
import type { ReadMetadata } from './syntax/annotations.ts';
import type { Module, RegoVersion } from './syntax/ast.ts';
import { RegoSourceError } from './syntax/error.ts';
import { parseModule } from './syntax/parse-module.ts';
import type { Value } from './values/value.ts';

export interface Source {
  /** The name in locations and messages. */
  readonly file: string;
  readonly text: string;
  /** Declared, never guessed. Default v1. */
  readonly version?: RegoVersion;
}

export interface PolicyOptions extends CompileOptions {
  /** As `opa check --strict`. */
  readonly strict?: boolean;
  /** Reads METADATA blocks; without it they are comments like others. */
  readonly readMetadata?: ReadMetadata;
  /** The base document, which rules must not hide. */
  readonly data?: Value;
}

/** Parses, checks and compiles; throws RegoSourceError with what `opa check` would report. */
export function compile(sources: readonly Source[], options: PolicyOptions = {}): Policy {
  return compileModules(parseSources(sources, options.readMetadata), options);
}

/** Throws RegoSourceError for the first source that is no module. */
export function parseSources(sources: readonly Source[], readMetadata?: ReadMetadata): readonly Module[] {
  return sources.map(({ file, text, version = 'v1' }) =>
    parseModule(text, readMetadata === undefined ? { file, version } : { file, version, readMetadata }),
  );
}

/** `query` is checked with the modules, and leaves nothing in the policy. */
export function compileModules(
  modules: readonly Module[],
  { query, ...options }: PolicyOptions & { readonly query?: Module } = {},
): Policy {
  const { strict = false, data, hostFunctions } = options;
  const all = query === undefined ? modules : [...modules, query];
  const { problems, lowering, clauses } = analyseModules(all, {
    strict,
    query,
    ...(data === undefined ? {} : { data }),
    ...(hostFunctions === undefined ? {} : { hostFunctions }),
  });
  if (lowering === undefined || problems.length > 0) throw new RegoSourceError(problems);
  const packages = modules.map((module) => stringsOf(module.package.path.path));
  return new Policy({ packages, lowering, clauses }, options);
}
