/** Runs OPA's conformance cases; shared/vectors/rego/README.md says how they are judged. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EvaluationError } from './evaluate/error.ts';
import { readMetadata } from './metadata/read-metadata.ts';
import type { RegoVersion } from './syntax/ast.ts';
import { RegoSourceError } from './syntax/error.ts';
import { ALL_BUILTINS } from './test-builtins.ts';
import { compile } from './standard.ts';
import { parseJson, toJson } from './values/json.ts';
import { compare, equal } from './values/order.ts';
import { RegoArray, RegoObject, RegoSet, type Value } from './values/value.ts';

export interface ConformanceCase {
  /** File and note. */
  readonly name: string;
  readonly version: RegoVersion;
  readonly case: RegoObject;
}

/** The cases of the folders `v1` and `v0` of a directory, or of one of these. */
export function readCases(dir: string): readonly ConformanceCase[] {
  const folders = (['v1', 'v0'] as const).filter((version) => readdirSync(dir).includes(version));
  if (folders.length > 0) return folders.flatMap((version) => readFolder(join(dir, version), version));
  return readFolder(dir, basename(dir) === 'v0' ? 'v0' : 'v1');
}

function readFolder(dir: string, version: RegoVersion): readonly ConformanceCase[] {
  const files = readdirSync(dir).filter((name) => name.endsWith('.json'));
  return files
    .toSorted()
    .flatMap((file) =>
      list(parseJson(readFileSync(join(dir, file), 'utf8'))).flatMap((entry) =>
        entry instanceof RegoObject
          ? [{ name: `${version}/${file} ${text(entry, 'note') ?? ''}`, version, case: entry }]
          : [],
      ),
    );
}

/** What is wrong with our answer to the case; `undefined` if nothing is. */
export function judge({ case: given, version }: ConformanceCase): string | undefined {
  try {
    const answers = answer(given, version);
    if (given.has('want_error') || given.has('want_error_code')) return 'no error, but one is expected';
    return judgeAnswers(given, answers);
  } catch (error) {
    return judgeError(given, error);
  }
}

function judgeError(given: RegoObject, error: unknown): string | undefined {
  const expected = text(given, 'want_error');
  const code = text(given, 'want_error_code');
  if (!(error instanceof EvaluationError)) {
    const message =
      error instanceof RegoSourceError ? error.message : String((error as Error)?.stack ?? error);
    return `not evaluated: ${message}`;
  }
  if (expected === undefined && code === undefined) return `error: ${error.message}`;
  if (code !== undefined && code !== error.code) return `code ${error.code}, expected ${code}`;
  if (expected !== undefined && !error.message.includes(expected)) {
    return `error "${error.message}", expected "${expected}"`;
  }
  return undefined;
}

function answer(given: RegoObject, version: RegoVersion): readonly RegoObject[] {
  const sources = list(given.get('modules') ?? null).map((source, at) => ({
    file: `test-${at}.rego`,
    text: typeof source === 'string' ? source : '',
    version,
  }));
  const hostFunctions = new Map([['test.sleep', 1]]);
  const policy = compile(sources, { builtins: ALL_BUILTINS, hostFunctions, readMetadata });
  const { answers } = policy.evaluate(text(given, 'query') ?? '', {
    input: inputOf(given),
    data: given.get('data') ?? RegoObject.empty,
    nowNs: 1_764_000_000_000_000_000n,
    seed: 1,
    deadlineMs: 10_000,
    strictBuiltinErrors: given.get('strict_error') === true,
    hostFunctions: new Map([['test.sleep', () => null]]),
  });
  return answers.map((bindings) =>
    RegoObject.of([...bindings].filter(([name]) => !name.startsWith('__localq'))),
  );
}

function inputOf(given: RegoObject): Value | undefined {
  const term = text(given, 'input_term');
  if (term === undefined) return given.get('input');
  const { answers } = compile([]).evaluate(`x := ${term}`);
  return answers[0]?.get('x');
}

function judgeAnswers(given: RegoObject, answers: readonly RegoObject[]): string | undefined {
  const wanted = given.get('want_result');
  if (wanted === undefined || wanted === null) return undefined;
  const sorts = given.get('sort_bindings') === true;
  const got = RegoSet.of(answers.map((found) => asJson(found, sorts)));
  const expected = RegoSet.of(list(wanted));
  return equal(got, expected) ? undefined : `got ${toJson(got)}, expected ${toJson(expected)}`;
}

/** As the answers look in JSON, and read back from it. */
function asJson(bindings: RegoObject, sorts: boolean): Value {
  const value = parseJson(toJson(bindings));
  if (!sorts || !(value instanceof RegoObject)) return value;
  return RegoObject.of(
    value.entries().map(([name, item]) => [name, new RegoArray(list(item).toSorted(compare))] as const),
  );
}

function list(value: Value): readonly Value[] {
  return value instanceof RegoArray ? value.items : [];
}

function text(object: RegoObject, key: string): string | undefined {
  const value = object.get(key);
  return typeof value === 'string' ? value : undefined;
}
