import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import type { RegoVersion } from '../syntax/ast.ts';
import { RegoSourceError } from '../syntax/error.ts';
import { type FormatOptions, formatModule } from './format.ts';

const SHARED = process.env['WAYBILL_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const DIR = `${SHARED}/vectors/rego/fmt`;

interface Case {
  readonly note: string;
  readonly from: RegoVersion;
  /** `v1`, `v0 and v1`, `v1 to v2`. */
  readonly to: string;
  readonly input: string;
  readonly formatted?: string;
  readonly formatted_no_keywords_in_refs?: string;
  readonly error?: string;
}

function isVersion(text: string | undefined): text is RegoVersion {
  return text === 'v0' || text === 'v1' || text === 'v2';
}

function optionsOf({ note, from, to }: Case): FormatOptions {
  const last = to.split(' ').at(-1);
  return { file: `testfiles/${note}`, version: from, ...(isVersion(last) ? { to: last } : {}) };
}

function refusal(given: Case): string {
  try {
    formatModule(given.input, optionsOf(given));
    return 'no error';
  } catch (error) {
    if (error instanceof RegoSourceError) return error.message;
    throw error;
  }
}

describe('the formatter', {
  skip: !existsSync(DIR) && `${DIR} does not exist: set WAYBILL_SHARED`,
}, () => {
  for (const file of existsSync(DIR) ? readdirSync(DIR).toSorted() : []) {
    it(`writes what opa fmt writes: ${file}`, () => {
      for (const given of JSON.parse(readFileSync(`${DIR}/${file}`, 'utf8')) as readonly Case[]) {
        if (given.error !== undefined) {
          assert.equal(refusal(given), given.error.split('\n').slice(1).join('\n'), given.note);
          continue;
        }
        const options = optionsOf(given);
        const formatted = formatModule(given.input, options);
        assert.equal(formatted, given.formatted, given.note);
        assert.equal(formatModule(formatted, options), formatted, `${given.note} again`);
        if (given.formatted_no_keywords_in_refs === undefined) continue;
        const older = formatModule(given.input, { ...options, keywordsInRefs: false });
        assert.equal(older, given.formatted_no_keywords_in_refs, given.note);
      }
    });
  }
});

it('writes no escapes that only Go knows', () => {
  assert.equal(
    formatModule('package a\n\np := $"{2}\u001f{input.x}"\n'),
    'package a\n\np := $"2\\u001f{input.x}"\n',
  );
});
