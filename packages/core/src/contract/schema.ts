import type { Json } from '../bytes/index.ts';
import { MATERIAL_KIND_NUMBERS, MATERIAL_KINDS } from '../material/index.ts';
import { MATCH_MODES } from './contract.ts';
import { BUILD_LEVELS, RUNNER_ASSURANCES } from './read-assurance.ts';
import { NAME } from './read-name.ts';
import { REQUIREMENT } from './read-policies.ts';
import { RUNNER_NAMES, RUNNER_TYPES } from './runner.ts';

/** Where editors find the schema of a document that does not name one. */
const ID = 'https://waybill.dev/schemas/contract.schema.json';

/**
 * JSON Schema (2020-12) of a contract, for editors: the newer spelling of each key, with every value that the reader
 * takes. What a schema cannot say, such as that names stand once, the lint says.
 */
export function contractSchema(): Json {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: ID,
    title: 'Waybill contract',
    description: 'For editors. The server also takes snake_case keys; see contract.md.',
    oneOf: [
      closed('v2', V2, ['apiVersion', 'kind', 'metadata', 'spec']),
      closed('v1', { schemaVersion: { const: 'v1' }, ...SPEC }, ['schemaVersion']),
    ],
    $defs: DEFINITIONS,
  };
}

type Properties = Readonly<Record<string, Json>>;

/** A mapping without other keys. */
function closed(description: string, properties: Properties, required: readonly string[] = []): Json {
  return {
    type: 'object',
    description,
    additionalProperties: false,
    ...(required.length > 0 ? { required: [...required] } : {}),
    properties,
  };
}

const ref = (name: string): Json => ({ $ref: `#/$defs/${name}` });
/** A list; a key without a value is none. */
const listOf = (items: Json): Json => ({ type: ['array', 'null'], items });
const flag = (description: string): Json => ({ type: 'boolean', default: false, description });
const text = (description: string): Json => ({ type: 'string', description });
/** YAML takes `1.10` and `true` for text by the letters written. */
const SCALAR: Json = { type: ['string', 'number', 'boolean'] };
const TEXT_MAP: Json = { type: 'object', additionalProperties: SCALAR };
/** A whole number with a unit. */
const AGE: Json = { type: 'string', pattern: '^[0-9]{1,9}[smhdw]$' };
const LABEL: Json = { type: 'string', pattern: NAME.source, maxLength: 63 };

/** By name, or by the enum number of protobuf. */
function named(names: readonly string[], numbers: readonly number[], description: string): Json {
  return { description, enum: [...names, ...numbers] };
}

const SPEC: Properties = {
  materials: { ...(listOf(ref('material')) as object), description: 'The evidence that a run owes.' },
  envAllowList: {
    ...(listOf({ type: 'string', minLength: 1 }) as object),
    description: 'Environment variables that a run may record, beside those of its runner.',
  },
  runner: closed(
    'The CI system that must run it.',
    {
      type: named(
        RUNNER_NAMES,
        RUNNER_TYPES.slice(1).map((_, index) => index + 1),
        'Which one.',
      ),
    },
    ['type'],
  ),
  annotations: { ...(listOf(ref('annotation')) as object), description: 'What a run must say of itself.' },
  signers: {
    type: 'array',
    minItems: 1,
    items: ref('signer'),
    description: 'Who may sign. Leave out to name nobody.',
  },
  assurance: {
    ...(closed('How sure the server must be of a run, and for how long. Of Waybill.', {
      runner: { enum: [...RUNNER_ASSURANCES], description: 'VERIFIED: a token of the CI system proves it.' },
      slsaLevel: {
        enum: [...BUILD_LEVELS],
        description: 'SLSA build level that the proven facts must allow.',
      },
      freshness: {
        ...(closed('How old evidence and verdict may be.', { run: AGE, verdict: AGE }) as object),
        minProperties: 1,
      },
    }) as object),
    minProperties: 1,
  },
  policies: closed('What judges the evidence.', {
    materials: listOf(ref('policy')),
    attestation: listOf(ref('policy')),
  }),
  policyGroups: listOf(ref('policyGroup')),
};

const V2: Properties = {
  apiVersion: { const: 'chainloop.dev/v1' },
  kind: { const: 'Contract' },
  metadata: closed(
    'About the contract.',
    {
      name: LABEL,
      description: text('What it is for.'),
      annotations: TEXT_MAP,
      organization: text('Read and not used: the token says whose contract it is.'),
      findingType: text('Of policies only: read and not used.'),
    },
    ['name'],
  ),
  spec: { oneOf: [{ type: 'null' }, closed('What a run owes.', SPEC)] },
};

const GATE: Json = { type: 'boolean', description: 'false: what it finds is told and blocks nothing.' };

const DEFINITIONS: Properties = {
  material: closed(
    'One piece of evidence.',
    {
      name: LABEL,
      type: named(
        MATERIAL_KINDS,
        MATERIAL_KINDS.map((kind) => MATERIAL_KIND_NUMBERS[kind]),
        'What it is, which decides how it is read and checked.',
      ),
      optional: flag('A run conforms without it.'),
      output: flag('A subject of the attestation: what the verdict is about.'),
      skipUpload: flag('Only its digest is recorded.'),
      group: {
        type: 'string',
        pattern: `^$|${NAME.source}`,
        description: 'At least one material of each group must be there.',
      },
      annotations: listOf(ref('annotation')),
    },
    ['name', 'type'],
  ),
  annotation: closed(
    'Without a value, any one that is not empty.',
    { name: { type: 'string', pattern: '^\\w+$' }, value: SCALAR },
    ['name'],
  ),
  signer: closed(
    'An identity; * is the only wildcard.',
    { issuer: { type: 'string', minLength: 1 }, subject: { type: 'string', minLength: 1 } },
    ['issuer', 'subject'],
  ),
  policy: {
    ...(closed('One policy, by reference or written out.', {
      ref: { type: 'string', minLength: 1 },
      embedded: { type: 'object', required: ['kind'], properties: { kind: { const: 'Policy' } } },
      selector: closed('The material that it is for.', {
        name: text('Its name, or how that begins.'),
        matchMode: named(
          MATCH_MODES,
          MATCH_MODES.map((_, index) => index),
          'PREFIX: those whose names begin so.',
        ),
      }),
      disabled: flag('Not evaluated, and told.'),
      with: TEXT_MAP,
      requirements: listOf({ type: 'string', pattern: REQUIREMENT.source }),
      gate: GATE,
    }) as object),
    oneOf: [{ required: ['ref'] }, { required: ['embedded'] }],
  },
  policyGroup: closed(
    'Several policies by one reference.',
    { ref: { type: 'string', minLength: 1 }, with: TEXT_MAP, skip: listOf({ type: 'string' }), gate: GATE },
    ['ref'],
  ),
};
