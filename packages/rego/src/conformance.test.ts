import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { judge, readCases } from './test-conformance.ts';

const SHARED = process.env['WAYBILL_SHARED'] ?? resolve(import.meta.dirname, '../../../../shared');
const DIR = `${SHARED}/vectors/rego`;

describe('OPA’s conformance cases', {
  skip: !existsSync(DIR) && `${DIR} does not exist: set WAYBILL_SHARED`,
}, () => {
  for (const version of ['v1', 'v0']) {
    it(`pass in ${version}`, () => {
      const wrong = readCases(`${DIR}/${version}`).flatMap((given) => {
        const problem = judge(given);
        return problem === undefined ? [] : [`${given.name}: ${problem}`];
      });
      assert.deepEqual(wrong, []);
    });
  }
});
