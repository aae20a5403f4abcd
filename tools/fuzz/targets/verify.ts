/** Verification of whole bundles: whatever is changed, nothing verifies that was not signed. */
import assert from 'node:assert/strict';
import { parseBundle } from '@waybill/core/bundle';
import { publicKeyFrom } from '@waybill/core/crypto';
import { digestOf } from '@waybill/core/digest';
import { parseStatement } from '@waybill/core/intoto';
import { parseTrustedRoot } from '@waybill/core/trust';
import { verifyBundle, verifyStatementBundle } from '@waybill/core/verify';
import { FIXTURES, sharedFiles } from '../fixtures.ts';
import type { Target } from '../target.ts';

const ours = parseTrustedRoot(FIXTURES.trustedRoot);
const bundleKey = publicKeyFrom(FIXTURES.bundleKey);
const [ourRun = '', , ourVerdictByKey = ''] = FIXTURES.bundles;

export const VERIFY_CODES = [
  'verify_artifact',
  'verify_certificate',
  'verify_identity',
  'verify_key_unknown',
  'verify_log_entry',
  'verify_not_a_statement',
  'verify_not_logged',
  'verify_sct',
  'verify_signature',
  'verify_timestamp',
  'x509_der',
  'x509_certificate',
  'x509_timestamp',
  'crypto_public_key',
  'bytes_utf8',
  'intoto_invalid',
  'intoto_no_subject',
  'intoto_subject_without_digest',
  'intoto_too_large',
];
export const BUNDLE_CODES = [
  'bundle_format',
  'bundle_invalid',
  'bundle_version',
  'dsse_invalid',
  'dsse_no_signature',
  'dsse_not_base64',
  'dsse_too_many_signatures',
];

export const VERIFY_TARGETS: readonly Target[] = [
  {
    name: 'core/verify our bundles',
    covers: ['verify.verifyStatementBundle', 'intoto.hasSubject'],
    seeds: () => FIXTURES.bundles,
    call: (input) => {
      const bundle = parseBundle(input);
      const isByKey = bundle.verificationMaterial.type === 'public-key';
      const expectations = isByKey
        ? ({ type: 'key', publicKey: bundleKey } as const)
        : ({ type: 'identity', issuer: 'https://waybill.example/oidc', subject: '*' } as const);
      return verifyStatementBundle(bundle, { trustedRoot: ours, expectations }).payloadDigest;
    },
    check: (answer) => assert.ok(signedDigests().has(answer as string), 'a statement that nobody signed'),
    codes: [...VERIFY_CODES, ...BUNDLE_CODES],
    costMicros: 500,
  },
  {
    name: 'core/verify Sigstore bundles',
    covers: ['verify.verifyBundle'],
    seeds: () => [
      ...sharedFiles('vectors/sigstore-conformance/bundle-verify/rekor2-dsse*/bundle.sigstore.json', 12),
      ...sharedFiles('vectors/sigstore-conformance/bundle-verify/happy-path*/bundle.sigstore.json', 12),
      ourRun,
      ourVerdictByKey,
    ],
    call: (input) => {
      const bundle = parseBundle(input);
      const artifact = Buffer.from('something');
      return verifyBundle(bundle, {
        trustedRoot: sharedRoot(),
        expectations: { type: 'any-trusted-signer' },
        artifact,
      });
    },
    codes: [...VERIFY_CODES, ...BUNDLE_CODES],
    costMicros: 500,
  },
];

let digests: ReadonlySet<string> | undefined;
function signedDigests(): ReadonlySet<string> {
  const all = (): readonly string[] =>
    FIXTURES.bundles.map((text) => {
      const { content } = parseBundle(text);
      if (content.type !== 'dsse') throw new Error('a fixture holds no envelope');
      parseStatement(content.envelope.payload);
      return digestOf(content.envelope.payload);
    });
  return (digests ??= new Set(all()));
}

let root: typeof ours | undefined;
function sharedRoot(): typeof ours {
  const [file] = sharedFiles(
    'vectors/sigstore-conformance/bundle-verify/rekor2-dsse-happy-path/trusted_root.json',
  );
  return (root ??= file === undefined ? ours : parseTrustedRoot(file));
}
