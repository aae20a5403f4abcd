/** Modules with the built-ins that they need, and nothing that they do not. */
import {
  type Module,
  parseModule,
  parseQuery,
  RegoSourceError,
  type RegoProblem,
  type RegoVersion,
  type Source,
} from '@waybill/rego';
import { neededGroups } from '@waybill/rego/groups';
import { loadGroups } from '@waybill/rego/load-groups';

type Builtins = Awaited<ReturnType<typeof loadGroups>>;

export interface Program {
  readonly modules: readonly Module[];
  readonly builtins: Builtins;
}

/** Throws RegoSourceError with what cannot be read in any of the sources. */
export async function openProgram(
  sources: readonly Source[],
  query?: { readonly text: string; readonly version: RegoVersion },
): Promise<Program> {
  const modules = await readModules(sources);
  const queries = query === undefined ? [] : [parseQuery(query.text, { version: query.version })];
  return { modules, builtins: await loadGroups(neededGroups(modules, queries)) };
}

/** METADATA is YAML: its reader is loaded only where there is some. */
export async function readModules(sources: readonly Source[]): Promise<readonly Module[]> {
  const hasMetadata = sources.some(({ text }) => text.includes('METADATA'));
  const reader = hasMetadata ? await import('@waybill/rego/metadata') : {};
  const problems: RegoProblem[] = [];
  const modules = sources.flatMap(({ file, text, version = 'v1' }) => {
    try {
      return [parseModule(text, { file, version, ...reader })];
    } catch (error) {
      if (!(error instanceof RegoSourceError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) throw new RegoSourceError(problems);
  return modules;
}
