import { Fields, fromBase64, fromUtf8, type Json, quoted } from '../../bytes/index.ts';
import { type Digest, parseDigest } from '../../digest/index.ts';
import { CodedError } from '../../errors.ts';

/** chainloop-dev/chainloop pkg/attestation/renderer/chainloop: all that Chainloop's own client ever signed. */
export const CHAINLOOP_PREDICATE_TYPE = 'chainloop.dev/attestation/v0.2';

export interface ChainloopMaterial {
  /** Name of the contract's material, not always unique; the file or image is `value`. */
  readonly name: string;
  /** `SBOM_CYCLONEDX_JSON`. */
  readonly kind: string;
  /** null for a STRING of old clients, which recorded its value only. */
  readonly digest: Digest | null;
  /** Text of a STRING, name of an image or of a file. */
  readonly value: string;
  readonly inStore: boolean;
  /** Those of the user; Chainloop's own begin with `chainloop.`. */
  readonly annotations: Readonly<Record<string, Json>>;
}

/** What the client's own evaluation of one policy said. Nobody but the client vouches for it. */
export interface ChainloopEvaluation {
  readonly policy: string;
  /** null for a policy over the attestation itself. */
  readonly material: string | null;
  /** Name of a material kind, or its number in Chainloop's enum, as old clients wrote it. */
  readonly kind: string | number;
  readonly violations: readonly { readonly subject: string; readonly message: string }[];
  readonly skipped: boolean;
  readonly reference: { readonly uri: string; readonly digest: string } | null;
}

export interface ChainloopPredicate {
  readonly organization: string;
  readonly project: string;
  readonly projectVersion: string;
  readonly workflow: string;
  readonly runId: string;
  /** RFC 3339, by the clock of the CI machine. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** '' and '' when none is named. */
  readonly contract: { readonly name: string; readonly revision: string };
  readonly runner: { readonly type: string; readonly url: string };
  readonly builder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly materials: readonly ChainloopMaterial[];
  readonly evaluations: readonly ChainloopEvaluation[];
  /** Digest of the evaluations in Chainloop's store, where they are not in the predicate. */
  readonly evaluationsIn: Digest | null;
}

const MAX_MATERIALS = 10_000;
const MAX_EVALUATIONS = 10_000;

/** As its client stated it. Throws `chainloop_predicate_invalid`, `shape_invalid`, `digest_invalid`, `bytes_…`. */
export function parseChainloopPredicate(predicate: Json): ChainloopPredicate {
  const fields = new Fields(predicate, 'predicate');
  const metadata = fields.object('metadata');
  return {
    ...readRun(metadata),
    contract: {
      name: text(metadata, 'contractName'),
      revision: text(metadata, 'contractVersion'),
    },
    runner: { type: fields.string('runnerType'), url: text(fields, 'runnerURL') },
    builder: fields.object('builder').string('id'),
    environment: fields.has('env') ? fields.stringMap('env') : {},
    annotations: fields.has('annotations') ? fields.stringMap('annotations') : {},
    materials: readMaterials(fields),
    evaluations: readEvaluations(fields),
    evaluationsIn: readEvaluationsRef(fields),
  };
}

function readRun(metadata: Fields) {
  return {
    organization: text(metadata, 'organization'),
    project: metadata.string('project'),
    projectVersion: text(metadata, 'projectVersion'),
    workflow: metadata.string('name'),
    runId: metadata.string('workflowRunID'),
    startedAt: metadata.string('initializedAt'),
    finishedAt: metadata.string('finishedAt'),
  };
}

function readMaterials(fields: Fields): readonly ChainloopMaterial[] {
  const items = fields.has('materials') ? fields.objects('materials') : [];
  if (items.length > MAX_MATERIALS) {
    throw invalid(`predicate.materials: ${items.length} items, the limit is ${MAX_MATERIALS}`);
  }
  return items.map(readMaterial);
}

const OWN_PREFIX = 'chainloop.';

function readMaterial(item: Fields): ChainloopMaterial {
  const notes = item.object('annotations');
  const kind = notes.string('chainloop.material.type');
  const digest = item.optionalObject('digest')?.optionalString('sha256');
  if (digest === undefined && kind !== 'STRING') {
    throw invalid(`${item.at}.digest.sha256: expected the digest of a ${quoted(kind)}`);
  }
  return {
    name: notes.string('chainloop.material.name'),
    kind,
    digest: digest === undefined ? null : parseDigest(`sha256:${digest}`, `${item.at}.digest.sha256`),
    value: kind === 'STRING' ? readContent(item) : item.string('name'),
    inStore: notes.optionalBoolean('chainloop.material.cas') ?? false,
    annotations: Object.fromEntries(
      Object.entries(notes.members()).filter(([key]) => !key.startsWith(OWN_PREFIX)),
    ),
  };
}

function readContent(item: Fields): string {
  const at = `${item.at}.content`;
  return fromUtf8(fromBase64(item.string('content'), at), at);
}

function readEvaluations(fields: Fields): readonly ChainloopEvaluation[] {
  const byMaterial = either(fields, 'policyEvaluations', 'policy_evaluations');
  if (byMaterial === null) return [];
  const map = fields.object(byMaterial);
  const evaluations = map.keys().flatMap((key) => map.objects(key).map(readEvaluation));
  if (evaluations.length > MAX_EVALUATIONS) {
    throw invalid(`${map.at}: ${evaluations.length} evaluations, the limit is ${MAX_EVALUATIONS}`);
  }
  return evaluations;
}

function readEvaluation(item: Fields): ChainloopEvaluation {
  const material = either(item, 'materialName', 'material_name');
  const reference = either(item, 'policyReference', 'policy_reference');
  return {
    policy: item.string('name'),
    material: material === null ? null : item.string(material),
    kind: typeof item.raw('type') === 'number' ? item.integer('type') : item.string('type'),
    violations: (item.has('violations') ? item.objects('violations') : []).map((violation) => ({
      subject: text(violation, 'subject'),
      message: text(violation, 'message'),
    })),
    skipped: item.optionalBoolean('skipped') ?? false,
    reference: reference === null ? null : readReference(item.object(reference)),
  };
}

function readReference(fields: Fields): NonNullable<ChainloopEvaluation['reference']> {
  const digest = fields.optionalObject('digest')?.optionalString('sha256') ?? '';
  return { uri: text(fields, 'uri'), digest: digest === '' ? '' : `sha256:${digest}` };
}

function readEvaluationsRef(fields: Fields): Digest | null {
  const digest = fields.optionalObject('policyEvaluationsRef')?.object('digest');
  return digest ? parseDigest(`sha256:${digest.string('sha256')}`, `${digest.at}.sha256`) : null;
}

/** The one of two spellings that is there: clients wrote the second until 2025. Both would be two answers. */
function either(fields: Fields, name: string, former: string): string | null {
  if (fields.has(name) && fields.has(former)) throw invalid(`${fields.at}: both ${name} and ${former}`);
  if (fields.has(name)) return name;
  return fields.has(former) ? former : null;
}

function text(fields: Fields, key: string): string {
  return fields.optionalString(key) ?? '';
}

function invalid(message: string): CodedError<'chainloop_predicate_invalid'> {
  return new CodedError('chainloop_predicate_invalid', message);
}
