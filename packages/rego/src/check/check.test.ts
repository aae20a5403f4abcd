import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { readMetadata } from '../metadata/read-metadata.ts';
import type { RegoVersion } from '../syntax/ast.ts';
import { type RegoProblem, RegoSourceError } from '../syntax/error.ts';
import { parseModule } from '../syntax/parse-module.ts';
import { fromPlain } from '../values/json.ts';
import { checkModules } from './check-modules.ts';

const SHARED = process.env['WAYBILL_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const CASES = `${SHARED}/vectors/rego/check/cases.json`;

interface Case {
  readonly name: string;
  readonly version: RegoVersion;
  readonly strict: boolean;
  readonly modules: Readonly<Record<string, string>>;
  readonly data?: unknown;
  readonly ok: boolean;
  readonly errors?: readonly { readonly code: string; readonly file?: string; readonly row: number }[];
}

/** Cases that do not agree yet, with the reason. */
const DEVIATIONS: Readonly<Record<string, string>> = {};

function check({ modules, version, strict, data }: Case): readonly RegoProblem[] {
  const problems: RegoProblem[] = [];
  const parsed = Object.entries(modules).flatMap(([file, source]) => {
    try {
      return [parseModule(source, { file, version, readMetadata })];
    } catch (error) {
      if (!(error instanceof RegoSourceError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) return problems;
  return checkModules(parsed, { strict, ...(data === undefined ? {} : { data: fromPlain(data) }) });
}

/** Code, file and row: what a person needs to find the fault. */
function places(problems: Iterable<readonly [code: string, file: string, row: number]>): readonly string[] {
  return [...new Set([...problems].map(([code, file, row]) => `${code} ${file}:${row}`))].toSorted();
}

function agrees(given: Case): boolean {
  const got = places(check(given).map(({ code, location }) => [code, location.file, location.row] as const));
  const wanted = places((given.errors ?? []).map(({ code, file = '', row }) => [code, file, row] as const));
  return got.join('\n') === wanted.join('\n');
}

describe('the check', {
  skip: !existsSync(CASES) && `${CASES} does not exist: set WAYBILL_SHARED`,
}, () => {
  it('finds in modules what opa check finds, in the same rows', () => {
    const cases = JSON.parse(readFileSync(CASES, 'utf8')) as readonly Case[];
    const wrong = cases.filter((given) => !agrees(given)).map(({ name }) => name);
    assert.deepEqual(
      wrong.filter((name) => DEVIATIONS[name] === undefined),
      [],
    );
    assert.deepEqual(
      Object.keys(DEVIATIONS).filter((name) => !wrong.includes(name)),
      [],
      'a deviation that is none any more must be taken off the list',
    );
  });
});
