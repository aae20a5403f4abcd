/** Provenance, as generators, npm and verifiers write it. */
import { parseBundle } from '@waybill/core/bundle';
import { parseJson } from '@waybill/core/bytes';
import { publicKeyFrom } from '@waybill/core/crypto';
import { parseEnvelope } from '@waybill/core/dsse';
import { parseProvenance, PROVENANCE_V02_TYPE, PROVENANCE_V1_TYPE } from '@waybill/core/intoto';
import { parseNpmAttestations, verifyNpmPackage, verifyProvenance, verifyVsa } from '@waybill/core/slsa';
import { parseTrustedRoot } from '@waybill/core/trust';
import { FIXTURES, sharedFiles } from '../fixtures.ts';
import { JSON_CODES, type Target } from '../target.ts';
import { BUNDLE_CODES, VERIFY_CODES } from './verify.ts';

const DIGEST = 'sha256:376e7e01348585b6e6643bc6663146b9d525d9b41228bf180eaeb4d4a3706caa';
const WORKFLOW = {
  ref: 'refs/tags/v1',
  repository: 'https://github.com/acme/app',
  path: '.github/workflows/a.yml',
};
const V1 = {
  buildDefinition: {
    buildType: 'https://actions.github.io/buildtypes/workflow/v1',
    externalParameters: { workflow: WORKFLOW },
    internalParameters: { github: { event_name: 'push' } },
    resolvedDependencies: [
      { uri: 'git+https://github.com/acme/app@refs/tags/v1', digest: { gitCommit: 'c0ffee' } },
    ],
  },
  runDetails: { builder: { id: 'b' }, metadata: { invocationId: 'i' } },
};
const V02 = {
  builder: { id: 'b' },
  buildType: 't',
  invocation: {
    configSource: {
      uri: 'git+https://github.com/acme/app@refs/tags/v1',
      digest: { sha1: 'c0ffee' },
      entryPoint: 'a.yml',
    },
    parameters: {},
    environment: { GITHUB_EVENT_NAME: 'push' },
  },
  materials: [{ uri: 'u' }],
};

const SLSA_CODES = [
  'slsa_build_type',
  'slsa_builder',
  'slsa_contradiction',
  'slsa_inputs',
  'slsa_package',
  'slsa_ref',
  'slsa_source',
  'provenance_invalid',
  'shape_invalid',
];
const key = publicKeyFrom(FIXTURES.bundleKey);
const provenance = () => [...sharedFiles('evidence/slsa/gha_*/*/*.{jsonl,slsa}', 9), ...FIXTURES.bundles];
const npm = () => [
  JSON.stringify({ attestations: [{ predicateType: 'https://slsa.dev/provenance/v1', bundle: {} }] }),
  ...sharedFiles('evidence/slsa/npm/gha/*.json', 10),
];
const options = () => ({
  trustedRoot: sharedRoot(),
  artifact: DIGEST as `sha256:${string}`,
  expected: {
    sourceUri: 'github.com/slsa-framework/example-package',
    refs: [{ type: 'versioned-tag', name: 'v14' } as const],
    builder: { type: 'known' } as const,
    workflowInputs: {},
  },
  now: new Date('2026-01-01T00:00:00Z'),
});

export const SLSA_TARGETS: readonly Target[] = [
  {
    name: 'core/intoto parseProvenance',
    covers: ['intoto.parseProvenance'],
    seeds: () => [JSON.stringify(V1), JSON.stringify(V02)],
    call: (input) => {
      const json = parseJson(input);
      return parseProvenance(
        'buildDefinition' in Object(json) ? PROVENANCE_V1_TYPE : PROVENANCE_V02_TYPE,
        json,
      );
    },
    codes: ['provenance_invalid', ...JSON_CODES],
    costMicros: 80,
  },
  {
    name: 'core/slsa verifyProvenance',
    covers: ['slsa.verifyProvenance'],
    seeds: provenance,
    call: (input) => verifyProvenance(parseBundle(input), options()).builder,
    codes: [...SLSA_CODES, ...VERIFY_CODES, ...BUNDLE_CODES],
    costMicros: 500,
  },
  {
    name: 'core/slsa npm packages',
    covers: ['slsa.parseNpmAttestations', 'slsa.verifyNpmPackage'],
    seeds: npm,
    call: (input) =>
      verifyNpmPackage(parseNpmAttestations(input), {
        ...options(),
        registryKey: key,
        package: { name: 'app', version: '1.0.0' },
      }).builder,
    codes: ['slsa_npm_invalid', ...SLSA_CODES, ...VERIFY_CODES, ...BUNDLE_CODES, ...JSON_CODES],
    costMicros: 500,
  },
  {
    name: 'core/slsa verifyVsa',
    covers: ['slsa.verifyVsa'],
    seeds: () => [
      ...FIXTURES.bundles.map((text) =>
        JSON.stringify((JSON.parse(text) as { dsseEnvelope: unknown }).dsseEnvelope),
      ),
      ...sharedFiles('evidence/slsa/vsa/gce/v1/*.jsonl', 1),
    ],
    call: (input) =>
      verifyVsa(parseEnvelope(input), {
        publicKey: key,
        subjectDigest: DIGEST,
        verifierId: 'v',
        resourceUri: 'r',
        verifiedLevels: ['SLSA_BUILD_LEVEL_1'],
      }),
    codes: ['slsa_vsa', 'verify_threshold', 'vsa_predicate_invalid', 'shape_invalid', ...BUNDLE_CODES],
    costMicros: 250,
  },
];

let root: ReturnType<typeof parseTrustedRoot> | undefined;
function sharedRoot(): ReturnType<typeof parseTrustedRoot> {
  const [file] = sharedFiles('evidence/sigstore-root/targets/trusted_root.json');
  return (root ??= parseTrustedRoot(file ?? FIXTURES.trustedRoot));
}
