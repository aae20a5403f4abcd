import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { CORE_BUILTINS, merged } from './builtins/index.ts';
import { ALL_BUILTINS } from './test-builtins.ts';
import { type ConformanceCase, judge, readCases } from './test-conformance.ts';
import { toJson } from './values/json.ts';

const SHARED = process.env['WAYBILL_SHARED'] ?? resolve(import.meta.dirname, '../../../../shared');
const DIR = `${SHARED}/vectors/rego`;

/** Built-ins that are still to be written: a case that calls one may fail. */
const TO_COME: readonly string[] = ['rego.parse_module'];

function callsOneToCome(given: ConformanceCase): boolean {
  const text = toJson(given.case);
  return TO_COME.some((name) => text.includes(`${name}(`));
}

describe('OPA’s conformance cases', {
  skip: !existsSync(DIR) && `${DIR} does not exist: set WAYBILL_SHARED`,
}, () => {
  for (const version of ['v1', 'v0']) {
    it(`pass in ${version}`, () => {
      const wrong = readCases(`${DIR}/${version}`)
        .filter((given) => !callsOneToCome(given))
        .flatMap((given) => {
          const problem = judge(given);
          return problem === undefined ? [] : [`${given.name}: ${problem}`];
        });
      assert.deepEqual(wrong, []);
    });
  }

  it('call nothing that is listed as to come and there', () => {
    const there = merged([CORE_BUILTINS, ...ALL_BUILTINS]);
    assert.deepEqual(
      TO_COME.filter((name) => there.has(name)),
      [],
    );
  });
});
