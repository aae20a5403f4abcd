import { Fields, type Json, quoted } from '../bytes/index.ts';
import { type MaterialKind, materialKindOf, parseKind } from '../material/index.ts';
import { policyError } from './engine.ts';

/** A policy as people write it: programs for kinds of evidence, and the inputs that they take. */
export interface Policy {
  readonly name: string;
  readonly description: string;
  readonly scripts: readonly PolicyScript[];
  /** Empty: every argument is handed on as it is. */
  readonly inputs: readonly PolicyInput[];
}

export interface PolicyScript {
  /** Null: for evidence of any kind. */
  readonly kind: MaterialKind | null;
  readonly source: string;
}

export interface PolicyInput {
  readonly name: string;
  readonly required: boolean;
  /** Null: absent unless given. */
  readonly default: string | null;
}

const API_VERSIONS: readonly string[] = ['chainloop.dev/v1', 'workflowcontract.chainloop.dev/v1'];
const INPUT_NAME = /^[a-zA-Z][a-zA-Z0-9_]*$/;
const ANY_KIND: readonly Json[] = ['MATERIAL_TYPE_UNSPECIFIED', 0];
/** When the client evaluates. The server judges what was pushed; a policy for `init` alone has nothing to say then. */
const PUSH: readonly Json[] = ['PUSH', 2];

/** Reads a document of `kind: Policy`. Throws `policy_invalid`, `shape_invalid` or `material_kind_unknown`. */
export function readPolicy(document: Json): Policy {
  const fields = new Fields(document, 'policy');
  expectOneOf(fields, 'apiVersion', API_VERSIONS, either(fields, 'apiVersion'));
  expectOneOf(fields, 'kind', ['Policy'], fields.raw('kind'));
  const metadata = fields.object('metadata');
  const spec = fields.object('spec');
  const name = metadata.string('name');
  if (name === '') throw policyError('policy_invalid', 'policy.metadata.name: expected a name, found none');
  return {
    name,
    description: metadata.optionalString('description') ?? '',
    scripts: readScripts(spec),
    inputs: spec.has('inputs') ? spec.objects('inputs').map(readInput) : [],
  };
}

function expectOneOf(
  { at }: Fields,
  key: string,
  expected: readonly string[],
  found: Json | undefined,
): void {
  if (typeof found === 'string' && expected.includes(found)) return;
  const shown = typeof found === 'string' ? quoted(found) : 'something else';
  throw policyError('policy_invalid', `${at}.${key}: expected ${expected.join(' or ')}, found ${shown}`);
}

/** Keys may be written in either casing, as in contracts. */
function either(fields: Fields, key: string): Json | undefined {
  return fields.raw(key) ?? fields.raw(key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

/** `spec.policies[]`, or the older form with one program in `spec` itself. */
function readScripts(spec: Fields): readonly PolicyScript[] {
  const isOld = !spec.has('policies');
  const scripts = isOld
    ? [readScript(spec, spec.raw('type'))]
    : spec
        .objects('policies')
        .filter((item) => isForPush(either(item, 'attestationPhases')))
        .map((item) => readScript(item, item.raw('kind')));
  if (scripts.length > 0) return scripts;
  throw policyError('policy_invalid', 'policy.spec: it has no program that is judged when a run is pushed');
}

function isForPush(phases: Json | undefined): boolean {
  return (
    !Array.isArray(phases) || phases.length === 0 || phases.some((phase) => PUSH.includes(phase as Json))
  );
}

function readScript(fields: Fields, kind: Json | undefined): PolicyScript {
  for (const key of ['path', 'ref']) {
    if (fields.has(key)) {
      throw policyError(
        'policy_invalid',
        `${fields.at}.${key}: the program stands outside the document, where nobody can check it: write it as "embedded"`,
      );
    }
  }
  return { kind: readKind(fields, kind), source: fields.string('embedded') };
}

function readKind(fields: Fields, kind: Json | undefined): MaterialKind | null {
  if (kind === undefined || ANY_KIND.includes(kind)) return null;
  if (typeof kind === 'string') return parseKind(kind);
  const known = typeof kind === 'number' ? materialKindOf(kind) : undefined;
  if (known !== undefined) return known;
  throw policyError(
    'policy_invalid',
    `${fields.at}: expected a material kind, found ${JSON.stringify(kind)}`,
  );
}

function readInput(fields: Fields): PolicyInput {
  const name = fields.string('name');
  if (!INPUT_NAME.test(name)) {
    throw policyError(
      'policy_invalid',
      `${fields.at}.name: expected a letter, then letters, digits and "_", found ${quoted(name)}`,
    );
  }
  const required = fields.optionalBoolean('required') ?? false;
  const value = fields.optionalString('default') ?? '';
  if (required && value !== '') {
    throw policyError('policy_invalid', `${fields.at}: the input ${name} is required, so it has no default`);
  }
  return { name, required, default: value === '' ? null : value };
}
