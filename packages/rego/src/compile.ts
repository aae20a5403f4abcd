/** From source texts to a policy that can be evaluated. */
import { analyseModules } from './check/check-modules.ts';
import { type CompileOptions, Policy } from './evaluate/policy.ts';
import { stringsOf } from './plan/scope.ts';
import type { RegoVersion } from './syntax/ast.ts';
import { RegoSourceError } from './syntax/error.ts';
import type { ReadMetadata } from './syntax/annotations.ts';
import { parseModule } from './syntax/parse-module.ts';

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
}

/** Parses, checks and compiles; throws RegoSourceError with what `opa check` would report. */
export function compile(sources: readonly Source[], options: PolicyOptions = {}): Policy {
  const { strict = false, readMetadata, hostFunctions } = options;
  const modules = sources.map(({ file, text, version = 'v1' }) =>
    parseModule(text, readMetadata === undefined ? { file, version } : { file, version, readMetadata }),
  );
  const { problems, lowering, clauses } = analyseModules(
    modules,
    hostFunctions === undefined ? { strict } : { strict, hostFunctions },
  );
  if (lowering === undefined || problems.length > 0) throw new RegoSourceError(problems);
  const packages = modules.map((module) => stringsOf(module.package.path.path));
  return new Policy({ packages, lowering, clauses }, options);
}
