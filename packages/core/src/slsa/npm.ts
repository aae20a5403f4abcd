import { type Bundle, parseBundle } from '../bundle/index.ts';
import { Fields, parseJson, quoted } from '../bytes/index.ts';
import type { KeyObject } from '../crypto.ts';
import { type Statement } from '../intoto/index.ts';
import { verifyStatementBundle } from '../verify/index.ts';
import { slsaError } from './errors.ts';
import {
  type VerifiedProvenance,
  type VerifyProvenanceOptions,
  verifyProvenance,
} from './verify-provenance.ts';

const PUBLISH_TYPE = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1';
const PROVENANCE_PREFIX = 'https://slsa.dev/provenance/';
const MAX_ATTESTATIONS = 32;

/** What `registry.npmjs.org/-/npm/v1/attestations/NAME@VERSION` answers. */
export interface NpmAttestations {
  /** Signed by the registry: this is what it published. */
  readonly publish: Bundle;
  readonly provenance: Bundle;
}

/** Throws `slsa_npm_invalid`, `bundle_…`, `dsse_…`, `json_…`, `shape_invalid`. */
export function parseNpmAttestations(input: Uint8Array | string): NpmAttestations {
  const items = new Fields(parseJson(input, 'attestations'), 'document').objects('attestations');
  if (items.length > MAX_ATTESTATIONS)
    throw invalid(`${items.length} attestations, the limit is ${MAX_ATTESTATIONS}`);
  const only = (what: string, fits: (type: string) => boolean): Bundle => {
    const [first, ...others] = items.filter((item) => fits(item.string('predicateType')));
    if (!first || others.length > 0)
      throw invalid(`expected one ${what}, found ${first ? 1 + others.length : 0}`);
    return parseBundle(first.raw('bundle') ?? null, { ignoreEmbeddedRoots: true });
  };
  return {
    publish: only('publish attestation', (type) => type === PUBLISH_TYPE),
    provenance: only('provenance', (type) => type.startsWith(PROVENANCE_PREFIX)),
  };
}

export interface NpmPackage {
  readonly name: string;
  readonly version: string;
}

/**
 * Proves the provenance of a package, and that the registry published this very file under this name. `registryKey` is
 * that of the registry. Throws `slsa_…` and what `verifyStatementBundle` throws.
 */
export function verifyNpmPackage(
  { publish, provenance }: NpmAttestations,
  options: VerifyProvenanceOptions & { readonly registryKey: KeyObject; readonly package: NpmPackage },
): VerifiedProvenance {
  const { trustedRoot, artifact, now, registryKey, package: expected } = options;
  const expectations = { type: 'key', publicKey: registryKey } as const;
  const published = verifyStatementBundle(publish, { trustedRoot, artifact, now, expectations }).statement
    .value;
  if (published.predicateType !== PUBLISH_TYPE) {
    throw slsaError('slsa_package', `the registry signed ${quoted(published.predicateType)}, no publication`);
  }
  checkName(published, expected);
  const predicate = new Fields(published.predicate, 'predicate');
  if (predicate.string('name') !== expected.name || predicate.string('version') !== expected.version) {
    throw slsaError('slsa_package', 'the registry published another package under this name');
  }
  const proven = verifyProvenance(provenance, options);
  checkName(proven.statement.value, expected);
  return proven;
}

/** package-url: the scope's @ is escaped. */
function checkName({ subject }: Statement, { name, version }: NpmPackage): void {
  const purl = `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
  const [only, ...others] = subject;
  if (only?.name === purl && others.length === 0) return;
  throw slsaError(
    'slsa_package',
    `package: expected ${purl}, found ${quoted(subject.map((one) => one.name).join(' '))}`,
  );
}

function invalid(problem: string) {
  return slsaError('slsa_npm_invalid', `not the attestations of an npm package: ${problem}`);
}
