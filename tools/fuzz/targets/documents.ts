/** Envelopes, statements, manifests, contracts, trusted roots. */
import assert from 'node:assert/strict';
import { type AuditAnchor, checkAnchor, formatAnchor, readAnchor } from '@waybill/core/audit';
import { type Bundle, formatBundle, parseBundle } from '@waybill/core/bundle';
import { Fields, type Json, parseJson, utf8 } from '@waybill/core/bytes';
import {
  type LintFinding,
  lintContracts,
  type ParsedContract,
  parseContract,
  parseContracts,
} from '@waybill/core/contract';
import { type Envelope, formatEnvelope, parseEnvelope } from '@waybill/core/dsse';
import {
  formatStatement,
  formatVsaPredicate,
  parseRunPredicate,
  parseStatement,
  parseVsaPredicate,
  type VsaPredicate,
} from '@waybill/core/intoto';
import {
  type Descriptor,
  formatDescriptor,
  formatManifest,
  type Manifest,
  parseDescriptor,
  parseManifest,
} from '@waybill/core/oci';
import { type Policy, readPolicy } from '@waybill/core/policy';
import {
  chooseServices,
  formatTrustedRoot,
  parseSigningConfig,
  parseTrustedRoot,
  SIGNING_CONFIG_MEDIA_TYPE,
  type TrustedRoot,
} from '@waybill/core/trust';
import { CONTRACT, POLICY, RUN_PREDICATE, VSA_PREDICATE } from '../examples.ts';
import { FIXTURES, sharedFiles } from '../fixtures.ts';
import { JSON_CODES, type Target, textOf } from '../target.ts';

const BUNDLES = 'vectors/sigstore-conformance/bundle-verify/*/bundle.sigstore.json';
const envelopes = (): readonly string[] =>
  FIXTURES.bundles.map((text) => {
    const { content } = parseBundle(text);
    if (content.type !== 'dsse') throw new Error('a fixture holds no envelope');
    return formatEnvelope(content.envelope);
  });
const payloads = (): readonly Uint8Array[] => envelopes().map((text) => parseEnvelope(text).payload);

const DIGEST = `sha256:${'44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'}` as const;
const EMPTY = { mediaType: 'application/vnd.oci.empty.v1+json', digest: DIGEST, size: 2, data: 'e30=' };
const IMAGE = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  artifactType: 'application/vnd.waybill.run.v1+json',
  config: EMPTY,
  layers: [{ ...EMPTY, annotations: { 'org.opencontainers.image.title': 'a' } }],
  subject: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: DIGEST, size: 2 },
  annotations: { a: 'b' },
};
const INDEX = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: [{ ...EMPTY, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }],
};

const contracts = (): readonly (Uint8Array | string)[] => [
  CONTRACT,
  `${CONTRACT}---\n${CONTRACT.replace('release', 'other')}`,
  ...sharedFiles('vectors/chainloop/contracts/*', 40),
];

const SIGNING_CONFIG = JSON.stringify({
  mediaType: SIGNING_CONFIG_MEDIA_TYPE,
  caUrls: [service('https://waybill.example', 1)],
  oidcUrls: [service('https://waybill.example/oidc', 1)],
  rekorTlogUrls: [service('https://waybill.example', 2), service('https://other.example', 2, 'other')],
  rekorTlogConfig: { selector: 'EXACT', count: 2 },
  tsaUrls: [service('https://waybill.example/api/v1/timestamp', 1)],
  tsaConfig: { selector: 'ANY' },
});

function service(url: string, majorApiVersion: number, operator = 'waybill.example') {
  return { url, majorApiVersion, validFor: { start: '2026-01-01T00:00:00Z' }, operator };
}

export const DOCUMENT_TARGETS: readonly Target[] = [
  {
    name: 'core/dsse parseEnvelope',
    covers: ['dsse.parseEnvelope', 'dsse.readEnvelope'],
    seeds: () => [...envelopes(), ...sharedFiles('vectors/chainloop/predicates/*.json', 8)],
    call: parseEnvelope,
    check: (answer) => assert.deepEqual(parseEnvelope(formatEnvelope(answer as Envelope)), answer),
    codes: [
      'dsse_invalid',
      'dsse_no_signature',
      'dsse_not_base64',
      'dsse_too_many_signatures',
      ...JSON_CODES,
    ],
    costMicros: 80,
  },
  {
    name: 'core/intoto parseStatement',
    covers: ['intoto.parseStatement'],
    seeds: payloads,
    call: (input) => parseStatement(input).claimed,
    check: (answer) => {
      const statement = answer as ReturnType<typeof parseStatement>['claimed'];
      const bytes = formatStatement(statement);
      // RFC 8785 writes -0 as 0: the bytes are what stays.
      assert.deepEqual(formatStatement(parseStatement(bytes).claimed), bytes);
    },
    codes: ['intoto_invalid', 'intoto_no_subject', 'intoto_subject_without_digest', 'intoto_too_large'],
    costMicros: 200,
  },
  {
    name: 'core/intoto parseRunPredicate',
    covers: ['intoto.parseRunPredicate'],
    seeds: () => [JSON.stringify(RUN_PREDICATE)],
    call: (input) => parseRunPredicate(parseJson(input)),
    check: (answer) => assert.deepEqual(parseRunPredicate(answer as Json), answer),
    codes: ['run_predicate_invalid', 'digest_invalid', ...JSON_CODES],
    costMicros: 120,
  },
  {
    name: 'core/intoto parseVsaPredicate',
    covers: ['intoto.parseVsaPredicate'],
    seeds: () => [JSON.stringify(VSA_PREDICATE)],
    call: (input) => parseVsaPredicate(parseJson(input)),
    check: (answer) =>
      assert.deepEqual(parseVsaPredicate(formatVsaPredicate(answer as VsaPredicate)), answer),
    codes: ['vsa_predicate_invalid', ...JSON_CODES],
    costMicros: 80,
  },
  {
    name: 'core/audit readAnchor',
    covers: ['audit.readAnchor', 'audit.checkAnchor'],
    seeds: () => [formatAnchor({ organization: 'default', head: { sequence: 7, hash: DIGEST } })],
    call: (input) => {
      const statement = parseStatement(input).claimed;
      // Whoever signed it: the server would not be the one to send nonsense, but the bytes come from the log.
      const anchor = readAnchor({ value: statement } as never);
      checkAnchor(anchor.head, { ...anchor.head });
      return anchor;
    },
    check: (answer) => {
      const { predicate } = parseStatement(formatAnchor(answer as AuditAnchor)).claimed;
      assert.equal(new Fields(predicate, 'predicate').string('head'), (answer as AuditAnchor).head.hash);
    },
    codes: [
      'audit_anchor_invalid',
      'intoto_invalid',
      'intoto_no_subject',
      'intoto_subject_without_digest',
      'shape_invalid',
      'digest_invalid',
    ],
    costMicros: 80,
  },
  {
    name: 'core/oci parseManifest',
    covers: ['oci.parseManifest'],
    seeds: () => [
      JSON.stringify(IMAGE),
      JSON.stringify(INDEX),
      ...sharedFiles('vectors/chainloop/materials/oci-layouts/**/*.json', 8),
    ],
    call: (input) => parseManifest(input),
    check: (answer) => {
      const manifest = answer as Manifest;
      const { mediaType } = manifest;
      assert.deepEqual(parseManifest(formatManifest(manifest), mediaType), manifest);
    },
    codes: [
      'oci_manifest_invalid',
      'oci_media_type_unsupported',
      'oci_descriptor_invalid',
      'digest_invalid',
      'bytes_base64',
      ...JSON_CODES,
    ],
    costMicros: 80,
  },
  {
    name: 'core/oci parseDescriptor',
    covers: ['oci.parseDescriptor'],
    seeds: () => [JSON.stringify(EMPTY), JSON.stringify(INDEX.manifests[0]), JSON.stringify(IMAGE.subject)],
    call: (input) => parseDescriptor(new Fields(parseJson(input), 'descriptor')),
    check: (answer) =>
      assert.deepEqual(
        parseDescriptor(new Fields(formatDescriptor(answer as Descriptor), 'descriptor')),
        answer,
      ),
    codes: ['oci_descriptor_invalid', 'digest_invalid', 'bytes_base64', ...JSON_CODES],
    costMicros: 80,
  },
  {
    name: 'core/bundle parseBundle',
    covers: ['bundle.parseBundle'],
    seeds: () => [...FIXTURES.bundles, ...sharedFiles(BUNDLES, 40)],
    call: (input) => parseBundle(input),
    check: (answer) => {
      const bundle = answer as Bundle;
      if (bundle.version === '0.3') assert.deepEqual(parseBundle(formatBundle(bundle)), bundle);
    },
    codes: [
      'bundle_format',
      'bundle_invalid',
      'bundle_version',
      'dsse_invalid',
      'dsse_no_signature',
      'dsse_not_base64',
      'dsse_too_many_signatures',
      'bytes_base64',
      'digest_invalid',
      ...JSON_CODES,
    ],
    costMicros: 500,
  },
  {
    name: 'core/trust parseTrustedRoot',
    covers: ['trust.parseTrustedRoot'],
    seeds: () => [
      FIXTURES.trustedRoot,
      ...sharedFiles('evidence/sigstore-root/targets/trusted_root.json'),
      ...sharedFiles('vectors/sigstore-conformance/bundle-verify/*/trusted_root.json', 6),
    ],
    call: parseTrustedRoot,
    check: (answer) => {
      const again = (root: TrustedRoot) => formatTrustedRoot(parseTrustedRoot(formatTrustedRoot(root)));
      assert.deepEqual(again(answer as TrustedRoot), formatTrustedRoot(answer as TrustedRoot));
    },
    codes: ['trust_root_invalid', ...JSON_CODES],
    costMicros: 800,
  },
  {
    name: 'core/trust parseSigningConfig',
    covers: ['trust.parseSigningConfig'],
    seeds: () => [SIGNING_CONFIG],
    call: (input) => {
      const { certificateAuthorities, logs, timestampAuthorities } = parseSigningConfig(input);
      const wanted = { what: 'services', at: new Date(Date.UTC(2026, 5)) };
      return [
        ...certificateAuthorities,
        ...chooseServices(logs, { ...wanted, version: 2 }),
        ...chooseServices(timestampAuthorities, { ...wanted, version: 1 }),
      ].map(({ url }) => url);
    },
    check: (answer) => {
      for (const url of answer as readonly string[]) assert.match(url, /^https?:\/\/[^/@?#]+\/[^?#]*$/);
    },
    codes: ['signing_config_invalid', 'signing_config_no_service', ...JSON_CODES],
    costMicros: 50,
  },
  {
    name: 'core/contract parseContract',
    covers: ['contract.parseContract'],
    seeds: contracts,
    call: (input) => parseContract(textOf(input)),
    check: (answer) => {
      const { contract, text } = answer as ParsedContract;
      assert.deepEqual(parseContract(text).contract, contract);
    },
    codes: ['contract_invalid'],
    costMicros: 1200,
  },
  {
    name: 'core/contract parseContracts',
    covers: ['contract.parseContracts'],
    seeds: contracts,
    call: (input) => parseContracts(textOf(input), { strict: true, filename: 'c.yaml' }),
    codes: ['contract_invalid'],
    costMicros: 1200,
  },
  {
    name: 'core/contract lintContracts',
    seeds: contracts,
    call: (input) => lintContracts(textOf(input)),
    check: (answer) => {
      for (const { line, column } of answer as readonly LintFinding[]) assert.ok(line > 0 && column > 0);
    },
    codes: [],
    costMicros: 1200,
  },
  {
    name: 'core/contract JSON',
    seeds: () =>
      sharedFiles('vectors/chainloop/contracts/*.json').concat(
        utf8(
          JSON.stringify({
            schemaVersion: 'v1',
            materials: [{ type: 'ARTIFACT', name: 'a' }],
            runner: { type: 'GITHUB_ACTION' },
          }),
        ),
      ),
    call: (input) => parseContract(textOf(input)),
    codes: ['contract_invalid'],
    costMicros: 800,
  },
  {
    name: 'core/policy readPolicy',
    covers: ['policy.readPolicy'],
    seeds: () => [JSON.stringify(POLICY)],
    call: (input) => readPolicy(parseJson(input)),
    check: (answer) => {
      const { name, scripts } = answer as Policy;
      assert.ok(name !== '' && scripts.length > 0);
    },
    codes: ['policy_invalid', 'material_kind_unknown', ...JSON_CODES],
    costMicros: 50,
  },
];
