/** Chainloop's own documents mean the same in each spelling that protobuf allows for them. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { parse, stringify } from 'yaml';
import type { Json } from '../bytes/index.ts';
import { isCoded } from '../errors.ts';
import { MATERIAL_KIND_NUMBERS, type MaterialKind } from '../material/index.ts';
import { type Contract, parseContract } from './index.ts';
import { RUNNER_TYPES } from './runner.ts';

const shared = process.env['WAYBILL_SHARED'] ?? path.resolve(import.meta.dirname, '../../../../../shared');
const vectors = path.join(shared, 'vectors/chainloop/contracts');
const skip = existsSync(vectors) ? false : 'the shared vectors are not here';

type Fields = Readonly<Record<string, Json>>;
const isFields = (value: Json): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Belongs to another document: kept as it is. */
const FOREIGN = 'embedded';
/** Its keys are free, and JSON writes its values as text. */
const TEXTS = 'with';

function each(value: Json, key: string, change: (key: string, value: Json) => readonly [string, Json]): Json {
  if (Array.isArray(value)) return value.map((item) => each(item as Json, key, change));
  if (!isFields(value) || key === FOREIGN) return value;
  if (key === TEXTS)
    return Object.fromEntries(
      Object.entries(value).map(([name, text]) => [name, `${text as string | boolean}`]),
    );
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const [written, changed] = change(name, member);
      return [written, each(changed, name, change)];
    }),
  );
}

const inSnakeCase = (document: Json): Json =>
  each(document, '', (key, value) => [
    key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value,
  ]);

const withNumbers = (document: Json): Json =>
  each(document, '', (key, value) => {
    const number = key === 'type' ? numberOf(value as string) : undefined;
    return [key, number ?? value];
  });

function numberOf(name: string): number | undefined {
  const runner = (RUNNER_TYPES as readonly string[]).indexOf(name);
  return runner >= 0 ? runner : MATERIAL_KIND_NUMBERS[name as MaterialKind];
}

/** The same demands in the newer form, or in the older one without a name. */
function inOtherForm(document: Json): Json {
  if (!isFields(document)) return document;
  const { schemaVersion, spec, ...rest } = document;
  if (schemaVersion === undefined)
    return { schemaVersion: 'v1', ...(isFields(spec ?? null) ? (spec as Fields) : {}) };
  return { apiVersion: 'chainloop.dev/v1', kind: 'Contract', metadata: { name: 'any' }, spec: rest };
}

const demands = (contract: Contract) => ({
  ...contract,
  schema: '',
  name: '',
  description: '',
  labels: {},
  digest: '',
});

function accepted(text: string): Contract | undefined {
  try {
    return parseContract(text).contract;
  } catch (error) {
    if (isCoded(error, 'contract_invalid')) return undefined;
    throw error;
  }
}

describe("Chainloop's contracts", { skip }, () => {
  for (const file of skip ? [] : readdirSync(vectors)) {
    const text = readFileSync(path.join(vectors, file), 'utf8');
    const contract = accepted(text);
    if (contract === undefined) continue;
    const document = each(parse(text) as Json, '', (key, value) => [key, value]);
    it(`mean the same in JSON and YAML, snake_case, numbers, and the other form: ${file}`, () => {
      const spellings: Readonly<Record<string, string>> = {
        JSON: JSON.stringify(document),
        YAML: stringify(document),
        snake_case: JSON.stringify(inSnakeCase(document)),
        numbers: stringify(withNumbers(document)),
        both: JSON.stringify(inSnakeCase(withNumbers(document))),
        'other form': JSON.stringify(inOtherForm(document)),
      };
      for (const [spelling, written] of Object.entries(spellings)) {
        const { contract: read, warnings } = parseContract(written, { strict: true });
        assert.deepEqual(demands(read), demands(contract), spelling);
        assert.deepEqual(warnings, [], spelling);
      }
    });
  }
});
