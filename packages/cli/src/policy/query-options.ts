/** What `eval` and `bench` take alike. */
import path from 'node:path';
import type { Observer, RegoVersion, Value } from '@waybill/rego';
import { ModuleQuery } from '@waybill/rego/query';
import type { TracedSource } from '@waybill/rego/trace';
import type { OptionSpecs, OptionValues } from '../command.ts';
import { cliError } from '../exit.ts';
import { readAll, readNamed } from '../files.ts';
import type { Session } from '../session.ts';
import { durationOf } from './duration.ts';
import { type Loaded, loadPaths } from './load-paths.ts';
import { openProgram, type Program } from './open-program.ts';
import { readEither } from './read-value.ts';

export const V0_OPTION = {
  'v0-compatible': { type: 'boolean', summary: 'Rego as it was before OPA 1.0' },
} as const satisfies OptionSpecs;

export const IGNORE_OPTION = {
  ignore: {
    type: 'string',
    value: 'NAME',
    multiple: true,
    summary: 'Files and directories to pass over in directories; * stands for any text',
  },
} as const satisfies OptionSpecs;

export const QUERY_OPTIONS = {
  data: {
    type: 'string',
    short: 'd',
    value: 'PATH',
    multiple: true,
    summary: 'Modules and documents: a file, a directory, or some.name:FILE',
  },
  input: { type: 'string', short: 'i', value: 'FILE', summary: 'Input: JSON or YAML' },
  'stdin-input': { type: 'boolean', short: 'I', summary: 'Read the input from standard input' },
  stdin: { type: 'boolean', summary: 'Read the query from standard input' },
  strict: { type: 'boolean', short: 'S', summary: 'Refuse what check --strict refuses' },
  timeout: { type: 'string', value: 'TIME', summary: 'Time for one evaluation (default 1m)' },
  ...IGNORE_OPTION,
  ...V0_OPTION,
} as const satisfies OptionSpecs;

export type QueryValues = OptionValues<typeof QUERY_OPTIONS>;

/** A query in which everything is read, and what it is to be asked about. */
export interface OpenQuery {
  readonly text: string;
  readonly query: ModuleQuery;
  readonly loaded: Loaded;
  readonly program: Program;
  readonly input: Value | undefined;
  readonly data: Value;
  readonly deadlineMs: number;
}

/** An evaluation blocks the whole process, so that even Ctrl-C waits for its end: it must have one. */
const DEFAULT_TIMEOUT = '1m';

export function versionOf(options: { readonly 'v0-compatible': boolean }): RegoVersion {
  return options['v0-compatible'] ? 'v0' : 'v1';
}

/** `observer` hears of the evaluations that it is given to. Throws RegoSourceError, or `usage_…`, `cli_file`, `policy_file`. */
export async function openQuery(
  session: Session,
  args: readonly string[],
  options: QueryValues,
  observer?: Observer,
): Promise<OpenQuery> {
  const text = await queryText(session, args, options);
  const version = versionOf(options);
  const deadlineMs = durationOf('--timeout', options.timeout ?? DEFAULT_TIMEOUT);
  const input = await inputOf(session, options);
  const loaded = await loadPaths(options.data, { cwd: session.cwd, version, ignore: options.ignore });
  const program = await openProgram(loaded.sources, { text, version });
  const query = new ModuleQuery(program.modules, text, {
    builtins: [...program.builtins, ...(observer === undefined ? [] : await traceGroup(observer))],
    version,
    observe: observer !== undefined,
    strict: options.strict,
    data: loaded.documents,
  });
  return { text, query, loaded, program, input, data: loaded.documents, deadlineMs };
}

async function traceGroup(observer: Observer): Promise<Program['builtins']> {
  const { traceBuiltins } = await import('@waybill/rego/trace');
  return [traceBuiltins(observer)];
}

/** The modules with their texts. */
export function sourcesOf({ loaded, program }: OpenQuery): readonly TracedSource[] {
  const texts = new Map(loaded.sources.map(({ file, text }) => [file, text]));
  return program.modules.map((module) => ({ module, text: texts.get(module.file) ?? '' }));
}

async function queryText(session: Session, args: readonly string[], options: QueryValues): Promise<string> {
  const [query] = args;
  if (options.stdin && options['stdin-input']) {
    throw cliError('usage_invalid', 'give either --stdin or --stdin-input: standard input is read once');
  }
  if (options.stdin) return (await readAll(session.stdin)).toString('utf8');
  if (query !== undefined) return query;
  throw cliError('usage_missing', 'say what to evaluate: a query such as data.example.allow, or --stdin');
}

async function inputOf(session: Session, options: QueryValues): Promise<Value | undefined> {
  if (options['stdin-input']) return readEither((await readAll(session.stdin)).toString('utf8'), 'stdin');
  if (options.input === undefined) return undefined;
  return readEither(await readNamed(path.resolve(session.cwd, options.input)), options.input);
}
