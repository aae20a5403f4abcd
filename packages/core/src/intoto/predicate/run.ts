import { Fields, type Json, quoted } from '../../bytes/index.ts';
import { algorithmOf, type Digest, hexOf, parseDigest } from '../../digest/index.ts';
import { CodedError } from '../../errors.ts';
import { parseRunChange, parseRunSource, type RunChange, type RunSource } from './run-source.ts';
import { formatStatement, STATEMENT_TYPE_V1 } from '../statement.ts';

/** Predicate type of a run: what the tenant states. Docs: docs/reference/run-predicate.md. */
export const RUN_PREDICATE_TYPE = 'https://waybill.dev/attestation/run/v1';

/** One piece of evidence, as the tenant states it. */
export interface RunMaterial {
  readonly name: string;
  /** Material kind, e.g. `SBOM_CYCLONEDX_JSON`. */
  readonly kind: string;
  /** Of the bytes in the store; of the manifest for a CONTAINER_IMAGE; of the value for a STRING. */
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** Base name of the file, never a path. */
  readonly filename?: string;
  /** The value of a STRING. */
  readonly value?: string;
  /** `host/repository[:tag]@digest` of a CONTAINER_IMAGE. */
  readonly reference?: string;
  /** True when the contract makes it a subject of the statement. */
  readonly output: boolean;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface RunPredicate {
  readonly run: {
    readonly id: string;
    readonly organization: string;
    readonly project: string;
    readonly workflow: string;
    /** RFC 3339, by the clock of the CI machine. */
    readonly startedAt: string;
    readonly finishedAt: string;
  };
  readonly contract: { readonly name: string; readonly revision: number; readonly digest: Digest };
  readonly runner: { readonly type: string; readonly url?: string };
  readonly source?: RunSource;
  readonly change?: RunChange;
  readonly environment: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly materials: readonly RunMaterial[];
  readonly tool: { readonly name: string; readonly version: string };
}

/** Most materials in one run; more is a malformed statement. */
export const MAX_MATERIALS = 10_000;

/** Throws `shape_invalid`, `digest_invalid` or `run_predicate_invalid`. */
export function parseRunPredicate(predicate: Json): RunPredicate {
  const fields = new Fields(predicate, 'predicate');
  const run = fields.object('run');
  const contract = fields.object('contract');
  const runner = fields.object('runner');
  const tool = fields.object('tool');
  const url = runner.optionalString('url');
  return {
    run: {
      id: run.string('id'),
      organization: run.string('organization'),
      project: run.string('project'),
      workflow: run.string('workflow'),
      startedAt: run.string('startedAt'),
      finishedAt: run.string('finishedAt'),
    },
    contract: {
      name: contract.string('name'),
      revision: contract.integer('revision'),
      digest: parseDigest(contract.string('digest'), 'predicate.contract.digest'),
    },
    runner: { type: runner.string('type'), ...(url === undefined ? {} : { url }) },
    ...optionalParts(fields),
    environment: fields.stringMap('environment'),
    annotations: fields.stringMap('annotations'),
    materials: parseMaterials(fields),
    tool: { name: tool.string('name'), version: tool.string('version') },
  };
}

/** Where the run comes from, in so far as it says so. Throws `shape_invalid`. */
export function optionalParts(fields: Fields): Pick<RunPredicate, 'source' | 'change'> {
  const isThere = (name: string): boolean => (fields.raw(name) ?? null) !== null;
  return {
    ...(isThere('source') ? { source: parseRunSource(fields.object('source')) } : {}),
    ...(isThere('change') ? { change: parseRunChange(fields.object('change')) } : {}),
  };
}

function parseMaterials(fields: Fields): readonly RunMaterial[] {
  const items = fields.objects('materials');
  if (items.length > MAX_MATERIALS) {
    throw new CodedError(
      'run_predicate_invalid',
      `predicate.materials: ${items.length} items, the limit is ${MAX_MATERIALS}`,
    );
  }
  const names = new Set<string>();
  return items.map((item) => {
    const material = parseRunMaterial(item);
    if (names.has(material.name)) {
      throw new CodedError(
        'run_predicate_invalid',
        `${item.at}.name: the material ${quoted(material.name)} stands twice`,
      );
    }
    names.add(material.name);
    return material;
  });
}

/** One material. Throws `shape_invalid`, `digest_invalid` or `run_predicate_invalid`. */
export function parseRunMaterial(item: Fields): RunMaterial {
  const sizeBytes = item.integer('sizeBytes');
  if (sizeBytes < 0) throw new CodedError('run_predicate_invalid', `${item.at}.sizeBytes: negative`);
  const filename = item.optionalString('filename');
  if (filename !== undefined && (/[/\\\0]/.test(filename) || filename === '..' || filename === '.')) {
    throw new CodedError('run_predicate_invalid', `${item.at}.filename: expected a base name, found a path`);
  }
  const value = item.optionalString('value');
  const reference = item.optionalString('reference');
  return {
    name: item.string('name'),
    kind: item.string('kind'),
    digest: parseDigest(item.string('digest'), `${item.at}.digest`),
    sizeBytes,
    ...(filename === undefined ? {} : { filename }),
    ...(value === undefined ? {} : { value }),
    ...(reference === undefined ? {} : { reference }),
    output: item.boolean('output'),
    annotations: item.stringMap('annotations'),
  };
}

/**
 * The statement of a run as bytes to sign: its subjects are the outputs, or every material where the contract makes
 * none an output. Throws `run_predicate_invalid` when there is nothing to be about.
 */
export function formatRunStatement(predicate: RunPredicate): Uint8Array {
  const outputs = predicate.materials.filter((material) => material.output);
  const subjects = outputs.length > 0 ? outputs : predicate.materials;
  if (subjects.length === 0) {
    throw new CodedError('run_predicate_invalid', 'nothing is recorded, so there is nothing to attest');
  }
  return formatStatement({
    type: STATEMENT_TYPE_V1,
    subject: subjects.map(({ name, digest }) => ({ name, digest: { [algorithmOf(digest)]: hexOf(digest) } })),
    predicateType: RUN_PREDICATE_TYPE,
    predicate: asJson(predicate),
  });
}

function asJson({ source, change, ...rest }: RunPredicate): Json {
  return {
    ...rest,
    ...(source === undefined
      ? {}
      : { source: { ...source, remotes: source.remotes.map((remote) => ({ ...remote })) } }),
    ...(change === undefined ? {} : { change: { ...change } }),
    materials: rest.materials.map((material) => ({ ...material })),
  };
}
