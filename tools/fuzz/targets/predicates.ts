/** Statements of other systems and what carries them. */
import { parseAttachment, parseSigned } from '@waybill/core/bundle';
import { parseJson } from '@waybill/core/bytes';
import { publicKeyFrom } from '@waybill/core/crypto';
import { parseEnvelope } from '@waybill/core/dsse';
import {
  parseChainloopPredicate,
  parseCosignPredicate,
  parseStatement,
  parseWitnessCollection,
} from '@waybill/core/intoto';
import { verifyEnvelope } from '@waybill/core/verify';
import { FIXTURES, sharedFiles } from '../fixtures.ts';
import { JSON_CODES, type Target, textOf } from '../target.ts';

const CHAINLOOP_FILES = 'vectors/chainloop/predicates/*.json';
const HEX = 'a'.repeat(64);
const MATERIAL = {
  name: 'sbom.json',
  digest: { sha256: HEX },
  annotations: {
    'chainloop.material.name': 'sbom',
    'chainloop.material.type': 'SBOM_CYCLONEDX_JSON',
    a: 'b',
  },
};
const TEXT = {
  content: 'Zm9v',
  annotations: { 'chainloop.material.name': 'ref', 'chainloop.material.type': 'STRING' },
};
const EVALUATION = {
  name: 'sbom-freshness',
  material_name: 'sbom',
  type: 4,
  policy_reference: { uri: 'file://p.yaml', digest: { sha256: HEX } },
  violations: [{ subject: 's', message: 'm' }],
};
const CHAINLOOP = {
  metadata: { name: 'w', project: 'p', initializedAt: 't', finishedAt: 't', workflowRunID: 'r' },
  builder: { id: 'chainloop.dev/cli/dev@sha256:0' },
  runnerType: 'GITHUB_ACTION',
  env: { a: 'b' },
  materials: [MATERIAL, TEXT],
  policy_evaluations: { sbom: [EVALUATION] },
  policyEvaluationsRef: { digest: { sha256: HEX } },
};

const DSSE_CODES = ['dsse_invalid', 'dsse_no_signature', 'dsse_not_base64', 'dsse_too_many_signatures'];

export const PREDICATE_TARGETS: readonly Target[] = [
  {
    name: 'core/intoto parseChainloopPredicate',
    covers: ['intoto.parseChainloopPredicate'],
    seeds: () => [JSON.stringify(CHAINLOOP), ...sharedPredicates()],
    call: (input) => parseChainloopPredicate(parseJson(input)),
    codes: ['chainloop_predicate_invalid', 'digest_invalid', 'bytes_base64', ...JSON_CODES],
    costMicros: 120,
  },
  {
    name: 'core/intoto parseWitnessCollection',
    covers: ['intoto.parseWitnessCollection', 'intoto.parseCosignPredicate'],
    seeds: () => [
      JSON.stringify({ name: 'build', attestations: [{ type: 't', attestation: { a: 1 }, starttime: 't' }] }),
      JSON.stringify({ Data: '{}', Timestamp: 't' }),
    ],
    call: (input) => {
      const json = parseJson(input);
      return 'Data' in Object(json) ? parseCosignPredicate(json) : parseWitnessCollection(json);
    },
    codes: ['witness_collection_invalid', ...JSON_CODES],
    costMicros: 60,
  },
  {
    name: 'core/bundle parseAttachment',
    covers: ['bundle.parseAttachment'],
    seeds: () => [
      '{"payloadType":"a/b","payload":"e30=","signatures":[{"sig":"AAAA"}]}\n{"SignedEntryTimestamp":"AAAA","Payload":{"body":"eyJraW5kIjoiZHNzZSIsImFwaVZlcnNpb24iOiIwLjAuMSJ9","integratedTime":1,"logIndex":2,"logID":"00ff"}}\n{"SignedRFC3161Timestamp":"AAAA"}\n-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----',
    ],
    // Four lines: the envelope, and what stands beside it.
    call: (input) => {
      const [envelope = '', entry = '', timestamp = '', ...pem] = textOf(input).split('\n');
      return parseAttachment(Buffer.from(envelope), {
        'dev.sigstore.cosign/bundle': entry,
        'dev.sigstore.cosign/rfc3161timestamp': timestamp,
        'dev.sigstore.cosign/certificate': pem.join('\n'),
      });
    },
    codes: ['bundle_invalid', ...DSSE_CODES],
    costMicros: 50,
  },
  {
    name: 'core/bundle parseSigned',
    covers: ['bundle.parseSigned'],
    seeds: () => [...FIXTURES.bundles, ...sharedFiles(CHAINLOOP_FILES, 24)],
    call: parseSigned,
    codes: ['bundle_invalid', 'bundle_version', ...DSSE_CODES],
    costMicros: 500,
  },
  {
    name: 'core/verify verifyEnvelope',
    covers: ['verify.verifyEnvelope'],
    seeds: () => [...FIXTURES.bundles.map(envelopeIn), ...sharedFiles(CHAINLOOP_FILES, 24)],
    call: (input) => {
      const publicKeys = [publicKeyFrom(FIXTURES.bundleKey)];
      return verifyEnvelope(parseEnvelope(input), { publicKeys, threshold: 1 });
    },
    codes: ['verify_threshold', ...DSSE_CODES],
    costMicros: 250,
  },
];

function envelopeIn(bundle: string): string {
  return JSON.stringify((JSON.parse(bundle) as { readonly dsseEnvelope: unknown }).dsseEnvelope);
}

/** The predicates inside Chainloop's own envelopes. */
function sharedPredicates(): readonly string[] {
  return sharedFiles('vectors/chainloop/predicates/*attestations__with-*.json', 40).map((bytes) =>
    JSON.stringify(parseStatement(parseEnvelope(bytes).payload).claimed.predicate),
  );
}
