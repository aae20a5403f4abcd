import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { isCoded } from '../../errors.ts';
import {
  formatRunStatement,
  MAX_MATERIALS,
  parseRunPredicate,
  parseStatement,
  RUN_PREDICATE_TYPE,
  type RunMaterial,
  type RunPredicate,
} from '../index.ts';

interface Schema {
  readonly type?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly maxItems?: number;
}

const reference = path.resolve(import.meta.dirname, '../../../../../docs/reference');
const page = readFileSync(path.join(reference, 'run-predicate.md'), 'utf8');
const schema = JSON.parse(readFileSync(path.join(reference, 'run-predicate.schema.json'), 'utf8')) as Schema;
// Formats are for people and editors: the parser takes times as they come.
const validate = new Ajv2020({ validateFormats: false, strict: true }).compile(schema);

/** Every field with something in it. */
const FULL: RunPredicate = {
  run: {
    id: '7f0c3c52-54b5-4a39-9f0e-2a35d7a3a0b1',
    organization: 'default',
    project: 'demo',
    workflow: 'build',
    startedAt: '2026-01-05T10:00:00.000Z',
    finishedAt: '2026-01-05T10:04:12.000Z',
  },
  contract: { name: 'release', revision: 3, digest: `sha256:${'1'.repeat(64)}` },
  runner: { type: 'GITHUB_ACTION', url: 'https://github.com/acme/app/actions/runs/1' },
  source: {
    commit: '4'.repeat(40),
    author: { name: 'Ada', email: 'ada@example.com' },
    date: '2026-01-05T09:00:00.000Z',
    message: 'Mend the build',
    remotes: [{ name: 'origin', url: 'https://github.com/acme/app' }],
    signature: '-----BEGIN SSH SIGNATURE-----',
  },
  change: {
    id: '42',
    title: 'Mend the build',
    sourceBranch: 'mend',
    targetBranch: 'main',
    url: 'https://github.com/acme/app/pull/42',
  },
  environment: { GITHUB_REF: 'refs/heads/main' },
  annotations: { stage: 'production' },
  materials: [
    {
      name: 'app',
      kind: 'ARTIFACT',
      digest: `sha256:${'2'.repeat(64)}`,
      sizeBytes: 4,
      filename: 'app.tar',
      value: 'text',
      reference: `registry.example/app@sha256:${'2'.repeat(64)}`,
      output: true,
      annotations: { tier: 'one' },
    },
  ],
  tool: { name: 'waybill', version: '0.1.0' },
};

interface Field {
  readonly at: readonly string[];
  readonly schema: Schema;
  readonly required: boolean;
}

function resolve(part: Schema): Schema {
  return part.$ref === undefined ? part : resolve(schema.$defs?.[part.$ref.slice('#/$defs/'.length)] ?? {});
}

/** Every property of the schema, with `0` for the items of an array. */
function fieldsOf(part: Schema, at: readonly string[] = []): readonly Field[] {
  const { properties = {}, required = [], items } = resolve(part);
  const members = Object.entries(properties).flatMap(([name, inner]): readonly Field[] => [
    { at: [...at, name], schema: resolve(inner), required: required.includes(name) },
    ...fieldsOf(inner, [...at, name]),
  ]);
  return items === undefined ? members : [...members, ...fieldsOf(items, [...at, '0'])];
}

/** A copy of the full document with one value replaced, or left out. */
function withValue(at: readonly string[], value: unknown): unknown {
  const copy: unknown = structuredClone(FULL);
  const holder = at.slice(0, -1).reduce((inner, name) => (inner as Record<string, unknown>)[name], copy);
  const last = at.at(-1) ?? '';
  if (value === undefined) delete (holder as Record<string, unknown>)[last];
  else (holder as Record<string, unknown>)[last] = value;
  return copy;
}

const parse = (document: unknown): RunPredicate =>
  parseRunPredicate(document as Parameters<typeof parseRunPredicate>[0]);

function isRead(document: unknown): boolean {
  try {
    parse(document);
    return true;
  } catch (error) {
    if (isCoded(error)) return false;
    throw error;
  }
}

/** Another value of the same type. */
const OTHER: Readonly<Record<string, unknown>> = {
  integer: 77,
  boolean: false,
  array: [],
  object: { x: 'y' },
};
const otherOf = ({ type = '' }: Schema, at: readonly string[]): unknown =>
  at.at(-1) === 'digest' ? `sha512:${'3'.repeat(128)}` : (OTHER[type] ?? 'another text');

const text = fc.string();
const strings = fc.dictionary(fc.string(), text);
const digest = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => `sha256:${Buffer.from(bytes).toString('hex')}` as const);
const material: fc.Arbitrary<RunMaterial> = fc.record(
  {
    name: text,
    kind: text,
    digest,
    sizeBytes: fc.maxSafeNat(),
    filename: text.filter((name) => !/[/\\\0]/.test(name) && name !== '.' && name !== '..'),
    value: text,
    reference: text,
    output: fc.boolean(),
    annotations: strings,
  },
  { requiredKeys: ['name', 'kind', 'digest', 'sizeBytes', 'output', 'annotations'] },
);
const predicate: fc.Arbitrary<RunPredicate> = fc.record({
  run: fc.record({
    id: text,
    organization: text,
    project: text,
    workflow: text,
    startedAt: text,
    finishedAt: text,
  }),
  contract: fc.record({ name: text, revision: fc.maxSafeInteger(), digest }),
  runner: fc.record({ type: text, url: text }, { requiredKeys: ['type'] }),
  source: fc.record({
    commit: text,
    author: fc.record({ name: text, email: text }),
    date: text,
    message: text,
    remotes: fc.array(fc.record({ name: text, url: text }), { maxLength: 2 }),
  }),
  environment: strings,
  annotations: strings,
  materials: fc.uniqueArray(material, { selector: ({ name }) => name, minLength: 1, maxLength: 4 }),
  tool: fc.record({ name: text, version: text }),
});

describe('docs/reference/run-predicate.schema.json', () => {
  it('accepts every document that the code makes', () => {
    fc.assert(
      fc.property(predicate, (document) => {
        const statement = JSON.parse(Buffer.from(formatRunStatement(document)).toString()) as {
          predicate: unknown;
        };
        assert.ok(validate(statement.predicate), JSON.stringify(validate.errors));
      }),
      { numRuns: 300 },
    );
  });

  it('accepts what the parser reads, and refuses what it refuses, in every field', () => {
    for (const { at } of fieldsOf(schema)) {
      const name = at.join('.');
      for (const value of [undefined, 5, -1, 1.5, true, 'text', '../x', '..', 'a\0b', [], {}, { a: 1 }]) {
        const document = withValue(at, value);
        assert.equal(validate(document), isRead(document), `${name} = ${JSON.stringify(value)}`);
      }
    }
    assert.equal(resolve(schema.properties?.['materials'] ?? {}).maxItems, MAX_MATERIALS);
  });

  it('has no field that the parser does not read', () => {
    for (const { at, schema: part } of fieldsOf(schema)) {
      if (part.properties !== undefined) continue;
      const document = withValue(at, otherOf(part, at));
      assert.ok(validate(document), `${at.join('.')}: ${JSON.stringify(validate.errors)}`);
      assert.notDeepEqual(parse(document), parse(FULL), `${at.join('.')} is not read`);
    }
  });

  it('names every field that the parser reads', () => {
    const known = new Set(fieldsOf(schema).map(({ at }) => at.join('.')));
    const free = new Set(['environment', 'annotations', 'materials.0.annotations']);
    const walk = (value: object, at: readonly string[]): void => {
      for (const [name, inner] of Object.entries(value)) {
        const here = [...at, name].join('.');
        if (name !== '0') assert.ok(known.has(here), `${here} is not in the schema`);
        if (typeof inner === 'object' && !free.has(here)) walk(inner as object, [...at, name]);
      }
    };
    walk(parse(FULL), []);
  });
});

describe('docs/reference/run-predicate.md', () => {
  it('has a row for every field, optional where it may be left out', () => {
    const [top = '', materials = ''] = page.split('### `materials[]`');
    const rows = (part: string, prefix: string) =>
      [...part.matchAll(/^\| `([a-zA-Z.[\]]+)` \| ([^|]+) \| [^|]+ \| [^|]+ \|$/gm)].map(
        ([, name = '', type = '']) => ({
          at: `${prefix}${name.replaceAll('[]', '.0')}`,
          required: !type.includes('optional'),
        }),
      );
    const listed = [...rows(top, ''), ...rows(materials, 'materials.0.')];
    const expected = fieldsOf(schema)
      .filter(({ schema: part }) => part.properties === undefined)
      .map(({ at, required }) => ({ at: at.join('.'), required }));
    const byName = (list: readonly { at: string }[]) => list.toSorted((a, b) => (a.at < b.at ? -1 : 1));
    assert.deepEqual(byName(listed), byName(expected));
    assert.ok(page.includes(`at most ${MAX_MATERIALS} items`));
  });

  it('shows a statement that the parser reads', () => {
    const example = Buffer.from(page.split('```json')[1]?.split('```')[0] ?? '');
    const { predicateType, predicate: shown } = parseStatement(example).claimed;
    assert.equal(predicateType, RUN_PREDICATE_TYPE);
    assert.ok(validate(shown));
    parseRunPredicate(shown);
  });
});
