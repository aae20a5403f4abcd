import { explainLookAlike, foldLookAlikes, nearest, quoted, utf8 } from '../bytes/index.ts';
import { digestOf } from '../digest/index.ts';
import type { Contract } from './contract.ts';
import { DocNode, type DocObject, type Remarks } from './doc-node.ts';
import { readAssurance } from './read-assurance.ts';
import { readAnnotations, readMaterials } from './read-materials.ts';
import { readName } from './read-name.ts';
import { readGroups, readPolicies } from './read-policies.ts';
import { readSigners } from './read-signers.ts';
import { RUNNER_NAMES, RUNNER_TYPES, type RunnerType } from './runner.ts';

const API_VERSION = 'chainloop.dev/v1';
const V2_KEYS = ['apiVersion', 'kind', 'metadata', 'spec'];
const METADATA_KEYS = ['name', 'description', 'annotations', 'organization', 'findingType'];
const SPEC_KEYS = [
  'materials',
  'envAllowList',
  'runner',
  'annotations',
  'signers',
  'assurance',
  'policies',
  'policyGroups',
];
const V1_KEYS = ['schemaVersion', ...SPEC_KEYS];

type Spec = Omit<Contract, 'schema' | 'name' | 'description' | 'labels' | 'digest'>;

/** Reads one document; errors and warnings go to `remarks`. Undefined when it is neither form. */
export function readContract(remarks: Remarks): Contract | undefined {
  const root = new DocNode(remarks, remarks.source.root, { path: '', depth: 0 });
  const digest = digestOf(utf8(remarks.source.text));
  const keys = root.keys();
  if (keys.includes('schemaVersion') || keys.includes('schema_version')) {
    const document = root.asObject(V1_KEYS);
    return document && { schema: 'v1', ...readV1(document), digest };
  }
  if (keys.includes('apiVersion') || keys.includes('api_version') || keys.includes('kind')) {
    const document = root.asObject(V2_KEYS);
    return document && { schema: 'v2', ...readV2(document), digest };
  }
  return root.error(
    `expected a contract: "apiVersion: ${API_VERSION}" with "kind: Contract" (v2), or "schemaVersion: v1" (v1), found neither`,
  );
}

function readV1(document: DocObject): Omit<Contract, 'schema' | 'digest'> {
  constant(document, 'schemaVersion', 'v1');
  return { name: null, description: '', labels: {}, ...readSpec(document) };
}

function readV2(document: DocObject): Omit<Contract, 'schema' | 'digest'> {
  constant(document, 'apiVersion', API_VERSION);
  constant(document, 'kind', 'Contract');
  const metadata = document.get('metadata')?.asObject(METADATA_KEYS);
  if (!document.get('metadata')) document.self.error('expected the key "metadata"');
  if (!document.present('spec')) document.self.error('expected the key "spec"');
  // `spec:` with nothing below is a contract that owes nothing.
  const spec = document.get('spec')?.asObject(SPEC_KEYS);
  return {
    name: (metadata && readName(metadata, 'name')) ?? null,
    description: metadata?.text('description') ?? '',
    labels: metadata?.textMap('annotations') ?? {},
    ...(spec ? readSpec(spec) : EMPTY_SPEC),
  };
}

const EMPTY_SPEC: Spec = {
  materials: [],
  envAllowList: [],
  runner: null,
  annotations: [],
  signers: [],
  policies: { materials: [], attestation: [] },
  policyGroups: [],
};

function readSpec(spec: DocObject): Spec {
  const assurance = readAssurance(spec.present('assurance'));
  return {
    ...(assurance === undefined ? {} : { assurance }),
    materials: readMaterials(spec.list('materials')),
    envAllowList: spec.list('envAllowList').flatMap((node) => readVariable(node) ?? []),
    runner: readRunner(spec.get('runner')),
    annotations: readAnnotations(spec.list('annotations')),
    signers: readSigners(spec.present('signers')),
    policies: readPolicies(spec.get('policies')),
    policyGroups: readGroups(spec.list('policyGroups')),
  };
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The name of an environment variable. One that no shell sets is taken, as Chainloop does, with a warning. */
function readVariable(node: DocNode): string | undefined {
  const name = node.asText();
  if (name === '') return node.error('expected the name of an environment variable, found none');
  if (name === undefined || VARIABLE.test(name)) return name;
  const why = explainLookAlike(name) ?? 'expected letters, digits and underscores';
  const meant = foldLookAlikes(name).replaceAll(/[-.\s]/g, '_');
  node.warn(`no shell sets the variable ${quoted(name)}: ${why}`, VARIABLE.test(meant) ? meant : undefined);
  return name;
}

function readRunner(node: DocNode | undefined): RunnerType | null {
  const runner = node?.asObject(['type']);
  if (runner === undefined) return null;
  const type = runner.get('type');
  if (type === undefined) {
    runner.self.error('expected the key "type"');
    return null;
  }
  const name = type.integer === undefined ? type.asText() : RUNNER_TYPES[type.integer];
  const found = RUNNER_NAMES.find((candidate) => candidate === name);
  if (found !== undefined) return found;
  const meant = name === undefined ? undefined : nearest(name, RUNNER_NAMES);
  const why = name === undefined ? undefined : explainLookAlike(name);
  type.error(
    `unknown runner type ${type.describe()}${why ? ` (${why})` : ''}: ${meant ? `did you mean ${meant}?` : `expected one of ${RUNNER_NAMES.join(', ')}`}`,
    meant,
  );
  return null;
}

function constant(object: DocObject, key: string, expected: string): void {
  const node = object.get(key);
  if (node === undefined) {
    object.self.error(`expected ${key}: ${expected}`);
    return;
  }
  const found = node.asText();
  if (found === undefined || found === expected) return;
  const why = explainLookAlike(found);
  node.error(`expected ${quoted(expected)}, found ${quoted(found)}${why ? ` (${why})` : ''}`, expected);
}
