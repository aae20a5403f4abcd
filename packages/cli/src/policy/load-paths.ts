/** Modules and documents from files and directories, put together as OPA does. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isCoded } from '@waybill/core';
import {
  parseModule,
  RegoObject,
  RegoSourceError,
  type RegoVersion,
  type Source,
  type Value,
} from '@waybill/rego';
import { cliError } from '../exit.ts';
import { readNamed, reasonOf } from '../files.ts';
import { isYamlName, readEither, readJson, readYaml } from './read-value.ts';

export interface LoadOptions {
  readonly cwd: string;
  readonly version: RegoVersion;
  /** Names of files and directories to pass over; `*` stands for any text. */
  readonly ignore?: readonly string[];
  /** Leave documents out. */
  readonly onlyModules?: boolean;
}

export interface Loaded {
  readonly sources: readonly Source[];
  readonly documents: RegoObject;
}

interface Found {
  readonly file: string;
  /** Where its document goes below `data`. */
  readonly prefix: readonly string[];
  /** Named by the person rather than found in a directory. */
  readonly isNamed: boolean;
}

const MODULE = '.rego';

/**
 * `path`, `file://…`, or `a.b:path` for a document below `data.a.b`. In directories the names of directories stand
 * before what is in a document; only files with names that tell their kind are read. Throws `cli_file` or `policy_file`.
 */
export async function loadPaths(paths: readonly string[], options: LoadOptions): Promise<Loaded> {
  const sources: Source[] = [];
  let documents: Value = RegoObject.empty;
  for (const given of paths) {
    const [prefix, name] = splitPrefix(given);
    for (const found of await filesIn({ file: name, prefix, isNamed: true }, options)) {
      const content = await contentOf(found, options);
      if (content === undefined) continue;
      if ('source' in content) sources.push(content.source);
      else documents = merged(documents, content.document, found.file);
    }
  }
  return { sources, documents: documents instanceof RegoObject ? documents : RegoObject.empty };
}

function splitPrefix(given: string): readonly [prefix: readonly string[], name: string] {
  const colon = given.indexOf(':');
  if (colon <= 0 || given.startsWith('://', colon)) return [[], cleaned(given)];
  return [given.slice(0, colon).split('.'), cleaned(given.slice(colon + 1))];
}

function cleaned(name: string): string {
  return name.startsWith('file://') ? fileURLToPath(name) : path.normalize(name);
}

async function filesIn(found: Found, options: LoadOptions): Promise<readonly Found[]> {
  const { file, prefix, isNamed } = found;
  if (!isNamed && isIgnored(path.basename(file), options.ignore ?? [])) return [];
  const place = path.resolve(options.cwd, file);
  const isDirectory = await stat(place).then(
    (facts) => facts.isDirectory(),
    (cause: unknown) => {
      throw cliError('cli_file', `cannot read ${file} (${reasonOf(cause)}): is the path right?`, { cause });
    },
  );
  if (!isDirectory) return [found];
  const inside = isNamed ? prefix : [...prefix, path.basename(file)];
  const names = (await readdir(place)).toSorted();
  const lists = names.map((name) =>
    filesIn({ file: path.join(file, name), prefix: inside, isNamed: false }, options),
  );
  return (await Promise.all(lists)).flat();
}

function isIgnored(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const parts = pattern.split('*').map((part) => RegExp.escape(part));
    return new RegExp(`^${parts.join('.*')}$`, 's').test(name);
  });
}

type Content = { readonly source: Source } | { readonly document: Value };

async function contentOf(found: Found, options: LoadOptions): Promise<Content | undefined> {
  const { file, isNamed } = found;
  const kind = path.extname(file);
  const isDocument = kind === '.json' || isYamlName(file);
  const isKnown = kind === MODULE || isDocument;
  if ((!isKnown && !isNamed) || (options.onlyModules === true && kind !== MODULE)) return undefined;
  const text = await readNamed(path.resolve(options.cwd, file));
  const source = { file, text, version: options.version };
  if (kind === MODULE || (!isKnown && isModule(source))) return { source };
  return { document: atPrefix(await documentOf(text, file), found) };
}

/** A name that tells nothing: only the content can. */
function isModule({ text, version }: Source): boolean {
  try {
    parseModule(text, { version: version ?? 'v1' });
    return true;
  } catch (error) {
    if (!(error instanceof RegoSourceError)) throw error;
    return false;
  }
}

function documentOf(text: string, file: string): Value | Promise<Value> {
  if (path.extname(file) === '.json') return readJson(text, file);
  return isYamlName(file) ? readYaml(text, file) : readUnknown(text, file);
}

async function readUnknown(text: string, file: string): Promise<Value> {
  try {
    return await readEither(text, file);
  } catch (cause) {
    if (!isCoded(cause, 'policy_file')) throw cause;
    throw cliError('policy_file', `${file}: expected Rego, JSON or YAML, found none of them`, { cause });
  }
}

function atPrefix(document: Value, { prefix, file }: Found): Value {
  const placed = prefix.reduceRight<Value>((inner, name) => RegoObject.of([[name, inner]]), document);
  if (placed instanceof RegoObject) return placed;
  throw cliError(
    'policy_file',
    `${file}: expected an object, found another document: say where it belongs, as in some.name:${file}`,
  );
}

/** Throws `policy_file` where two documents give the same place different values. */
function merged(known: Value, added: Value, file: string): Value {
  if (!(known instanceof RegoObject) || !(added instanceof RegoObject)) {
    throw cliError('policy_file', `${file}: another document gives a value for the same place already`);
  }
  const all = new Map(known.entries());
  for (const [key, value] of added.entries()) {
    const before = known.get(key);
    all.set(key, before === undefined ? value : merged(before, value, file));
  }
  return RegoObject.of([...all]);
}
