import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { isCoded } from '../errors.ts';
import { contractSchema, parseContract } from './index.ts';

const shared = process.env['WAYBILL_SHARED'] ?? path.resolve(import.meta.dirname, '../../../../../shared');
const vectors = path.join(shared, 'vectors/chainloop/contracts');
const skip = existsSync(vectors) ? false : 'the shared vectors are not here';

const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(contractSchema() as object);

function isTaken(text: string): boolean {
  try {
    parseContract(text, { strict: true });
    return true;
  } catch (error) {
    if (isCoded(error, 'contract_invalid')) return false;
    throw error;
  }
}

/** What the schema says of a document. */
function complaints(text: string): readonly string[] {
  return validate(parse(text)) ? [] : (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message}`);
}

const v1 = (keys: string) => `{schemaVersion: v1, ${keys}}`;

describe('contractSchema', () => {
  for (const file of skip ? [] : readdirSync(vectors)) {
    it(`says of ${file} what the parser says`, { skip }, () => {
      const text = readFileSync(path.join(vectors, file), 'utf8');
      if (isTaken(text)) assert.deepEqual(complaints(text), []);
      else assert.notDeepEqual(complaints(text), []);
    });
  }

  it('takes what the parser takes', () => {
    for (const keys of [
      'materials: [{name: a, type: 4, group: ""}], runner: {type: 2}',
      'materials: , policyGroups: ~',
      'annotations: [{name: a, value: 1.10}, {name: b}]',
      'policies: {materials: [{ref: "file://a.yaml", with: {n: 1, t: true}, selector: {name: a, matchMode: 2}}]}',
    ]) {
      assert.ok(isTaken(v1(keys)), keys);
      assert.deepEqual(complaints(v1(keys)), [], keys);
    }
  });

  it('refuses what the parser refuses', () => {
    for (const keys of [
      'materials: [{name: A, type: SARIF}]',
      'materials: [{name: a, type: 0}]',
      'materials: [{name: a, type: 43}]',
      'materials: [{name: a, type: SARIF, group: A}]',
      'material: []',
      'runner: {type: 10}',
      'runner: {}',
      'signers: []',
      'signers: [{issuer: a}]',
      'annotations: [{name: "a-b"}]',
      'policies: {materials: [{}]}',
      'policies: {materials: [{ref: a, embedded: {kind: Policy}}]}',
      'policies: {materials: [{embedded: {}}]}',
      'policies: {materials: [{ref: a, requirements: [x]}]}',
      'policyGroups: [{}]',
      'envAllowList: [""]',
    ]) {
      assert.ok(!isTaken(v1(keys)), keys);
      assert.notDeepEqual(complaints(v1(keys)), [], keys);
    }
  });
});
