import { Fields, type Json } from '../../bytes/index.ts';
import { CodedError } from '../../errors.ts';

/** https://slsa.dev/spec/v1.2/build-provenance */
export const PROVENANCE_V1_TYPE = 'https://slsa.dev/provenance/v1';
/** https://slsa.dev/spec/v0.2/provenance: still what the generators for GitHub write. */
export const PROVENANCE_V02_TYPE = 'https://slsa.dev/provenance/v0.2';

export interface ProvenanceResource {
  /** '' when not stated. */
  readonly uri: string;
  /** Algorithm → value. */
  readonly digest: Readonly<Record<string, string>>;
}

/** What a builder states of a build, in the terms that both versions share. */
export interface Provenance {
  readonly version: 'v0.2' | 'v1';
  readonly builderId: string;
  readonly buildType: string;
  /** Where the build took its instructions from: `git+https://host/repository@ref`. */
  readonly source: ProvenanceResource;
  /** Path of the workflow in that source; '' when not stated. */
  readonly entryPoint: string;
  /** What the tenant could choose: `externalParameters`, or `invocation.parameters`. */
  readonly parameters: Readonly<Record<string, Json>>;
  /** What the platform adds: `internalParameters`, or `invocation.environment`. */
  readonly environment: Readonly<Record<string, Json>>;
  /** `resolvedDependencies`, or `materials`. */
  readonly dependencies: readonly ProvenanceResource[];
  /** '' when not stated. */
  readonly invocationId: string;
}

const MAX_DEPENDENCIES = 100_000;

/** Throws `provenance_invalid` (also for other predicate types), `shape_invalid`. */
export function parseProvenance(predicateType: string, predicate: Json): Provenance {
  if (predicateType === PROVENANCE_V1_TYPE) return readV1(new Fields(predicate, 'predicate'));
  if (predicateType === PROVENANCE_V02_TYPE) return readV02(new Fields(predicate, 'predicate'));
  throw invalid(`expected the predicate type ${PROVENANCE_V1_TYPE}, found another`);
}

function readV1(fields: Fields): Provenance {
  const definition = fields.object('buildDefinition');
  const details = fields.object('runDetails');
  const parameters = definition.object('externalParameters');
  const dependencies = readResources(definition, 'resolvedDependencies');
  return {
    version: 'v1',
    builderId: details.object('builder').string('id'),
    buildType: definition.string('buildType'),
    ...sourceV1(parameters, dependencies),
    parameters: parameters.members(),
    environment: definition.optionalObject('internalParameters')?.members() ?? {},
    dependencies,
    invocationId: details.optionalObject('metadata')?.optionalString('invocationId') ?? '',
  };
}

/** Build types of workflows name it among their parameters; others in the first dependency. */
function sourceV1(
  parameters: Fields,
  dependencies: readonly ProvenanceResource[],
): Pick<Provenance, 'source' | 'entryPoint'> {
  const [first = { uri: '', digest: {} }] = dependencies;
  const workflow = parameters.optionalObject('workflow');
  if (!workflow) return { source: first, entryPoint: '' };
  const uri = `git+${workflow.string('repository')}@${workflow.string('ref')}`;
  const same = dependencies.find((dependency) => dependency.uri === uri);
  return { source: { uri, digest: same?.digest ?? {} }, entryPoint: workflow.string('path') };
}

function readV02(fields: Fields): Provenance {
  const invocation = fields.object('invocation');
  const config = invocation.object('configSource');
  return {
    version: 'v0.2',
    builderId: fields.object('builder').string('id'),
    buildType: fields.string('buildType'),
    source: readResource(config),
    entryPoint: config.optionalString('entryPoint') ?? '',
    parameters: invocation.optionalObject('parameters')?.members() ?? {},
    environment: invocation.optionalObject('environment')?.members() ?? {},
    dependencies: readResources(fields, 'materials'),
    invocationId: fields.optionalObject('metadata')?.optionalString('buildInvocationId') ?? '',
  };
}

function readResources(fields: Fields, key: string): readonly ProvenanceResource[] {
  const items = fields.has(key) ? fields.objects(key) : [];
  if (items.length > MAX_DEPENDENCIES) {
    throw invalid(`${fields.at}.${key}: ${items.length} items, the limit is ${MAX_DEPENDENCIES}`);
  }
  return items.map(readResource);
}

function readResource(fields: Fields): ProvenanceResource {
  return {
    uri: fields.optionalString('uri') ?? '',
    digest: fields.has('digest') ? fields.stringMap('digest') : {},
  };
}

function invalid(message: string): CodedError<'provenance_invalid'> {
  return new CodedError('provenance_invalid', message);
}
