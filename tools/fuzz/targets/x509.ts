/** Certificates, requests, timestamps: DER from strangers. */
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { parseBundle } from '@waybill/core/bundle';
import { type KeyObject, publicKeyFrom, spkiOf } from '@waybill/core/crypto';
import { type CertificateAuthority, parseTrustedRoot } from '@waybill/core/trust';
import {
  type Certificate,
  ctMerkleTreeLeaf,
  EKU,
  formatPem,
  parseCertificate,
  parseCsr,
  parseCtLeaf,
  parsePem,
  parseSctList,
  parseTimestamp,
  parseTimestampRequest,
  parseTimestampRequestJson,
  pemBlocks,
  precertificateTbs,
  precertificateWith,
  publicKeyFromPkcs1,
  readFulcioExtensions,
  signerNameOf,
  timestampRequestFor,
  verifyChain,
  verifyIssuedBy,
  verifySct,
  verifyTimestamp,
} from '@waybill/core/x509';
import { FIXTURES, fromBase64, sharedFiles } from '../fixtures.ts';
import { JSON_CODES, type Target, textOf } from '../target.ts';
import { coded } from './bytes.ts';

const ders = FIXTURES.certificates.map(fromBase64);
const [leaf, authority] = ders.map((der) => parseCertificate(der)) as [Certificate, Certificate];
const root = parseTrustedRoot(FIXTURES.trustedRoot);
const bundle = parseBundle(FIXTURES.bundles[0] ?? '');
const stamping = root.timestampAuthorities[0] as CertificateAuthority;
const ctKey = root.ctlogs[0]?.publicKey as KeyObject;
const now = new Date(FIXTURES.now);

const sharedBundles = () =>
  sharedFiles('vectors/sigstore-conformance/bundle-verify/*/bundle.sigstore.json', 60).flatMap(
    (bytes) => coded(() => parseBundle(bytes)) ?? [],
  );
const certificates = (): readonly Uint8Array[] => [
  ...ders,
  ...sharedBundles()
    .flatMap(({ verificationMaterial: material }) => (material.type === 'certificate' ? [material.der] : []))
    .slice(0, 12),
];
const timestamps = (): readonly Uint8Array[] => [
  ...bundle.timestamps,
  ...sharedBundles()
    .flatMap((one) => one.timestamps)
    .slice(0, 12),
];

const CERTIFICATE_CODES = ['x509_der', 'x509_certificate', 'crypto_public_key'];
const request = timestampRequestFor('sha256', new Uint8Array(32));

/** A TimeStampReq by hand: version, imprint, policy, nonce, certReq. */
const REQUEST = Buffer.concat([
  Buffer.from('3000020101', 'hex'),
  request.messageImprintDer,
  Buffer.from('06062b06010401010201010101ff', 'hex'),
]);
REQUEST[1] = REQUEST.length - 2;

const P256 = spkiOf(leaf.publicKey);

const CT_LEAF = (tbs: Uint8Array): Uint8Array =>
  ctMerkleTreeLeaf({ timestampMs: now.getTime(), issuerPublicKey: leaf.publicKey, tbs });

export const X509_TARGETS: readonly Target[] = [
  {
    name: 'core/x509 parseCertificate',
    covers: ['x509.parseCertificate'],
    seeds: certificates,
    call: (input) => withKey(parseCertificate(input)),
    check: (answer, input) => assert.deepEqual(Buffer.from((answer as Certificate).der), Buffer.from(input)),
    codes: CERTIFICATE_CODES,
    costMicros: 300,
  },
  {
    name: 'core/x509 signer, SCT and chain',
    covers: [
      'x509.readFulcioExtensions',
      'x509.parseSctList',
      'x509.verifySct',
      'x509.verifyChain',
      'x509.verifyIssuedBy',
      'x509.signerNameOf',
      'x509.precertificateTbs',
      'x509.isValidAt',
    ],
    seeds: certificates,
    call: (input) => {
      const certificate = parseCertificate(input);
      const scts = parseSctList(certificate);
      return {
        extensions: readFulcioExtensions(certificate),
        tbs: scts.length === 0 ? null : precertificateTbs(certificate),
        scts: scts.map((sct) => verifySct(sct, certificate, authority, ctKey)),
        issued: verifyIssuedBy(certificate, authority),
        name: signerNameOf(certificate),
        chain: verifyChain(certificate, [certificate], [authority], { at: now, requiredEku: EKU.codeSigning })
          .length,
      };
    },
    check: (answer, input) => {
      // Only what the authority signed gets this far.
      const [first] = ders;
      assert.deepEqual(Buffer.from(input), Buffer.from(first ?? new Uint8Array()));
      assert.equal((answer as { chain: number }).chain, 2);
    },
    codes: [...CERTIFICATE_CODES, 'x509_chain', 'bytes_utf8'],
    costMicros: 300,
  },
  {
    name: 'core/x509 parsePem',
    covers: ['x509.parsePem', 'x509.pemBlocks'],
    seeds: () => [
      ...ders.map((der) => formatPem('CERTIFICATE', der)),
      ders.map((der) => `# one\n${formatPem('CERTIFICATE', der)}`).join('\n'),
      ...sharedFiles('evidence/sigstore-root/targets/*.pem'),
      ...sharedFiles('vectors/chainloop/predicates/*.pem'),
    ],
    call: (input) => {
      const text = textOf(input);
      return {
        keys: coded(() => pemBlocks(text, 'PUBLIC KEY')),
        certificates: parsePem(text).map((certificate) => withKey(certificate)),
      };
    },
    codes: [...CERTIFICATE_CODES, 'x509_pem'],
    costMicros: 200,
  },
  {
    name: 'core/x509 parseCtLeaf',
    covers: ['x509.parseCtLeaf', 'x509.precertificateWith'],
    seeds: () => ders.map((der) => CT_LEAF(parseCertificate(der).tbs)),
    call: (input) => {
      const entry = parseCtLeaf(input);
      return entry.type === 'x509' ? entry : precertificateWith(entry.tbs, new Uint8Array(64));
    },
    codes: ['x509_der'],
    costMicros: 60,
  },
  {
    name: 'core/x509 parseCsr',
    covers: ['x509.parseCsr'],
    seeds: () => [fromBase64(FIXTURES.csr), formatPem('CERTIFICATE REQUEST', fromBase64(FIXTURES.csr))],
    call: (input) => parseCsr(input[0] === 0x2d ? textOf(input) : input),
    codes: ['x509_der', 'x509_pem', 'x509_csr', 'x509_csr_signature', 'crypto_public_key'],
    costMicros: 120,
  },
  {
    name: 'core/crypto publicKeyFrom',
    covers: ['crypto.publicKeyFrom', 'x509.publicKeyFromPkcs1'],
    seeds: () => [
      P256,
      FIXTURES.issuerKey,
      FIXTURES.bundleKey,
      spkiOf(publicKeyFrom(FIXTURES.issuerKey)),
      pkcs1(),
    ],
    call: (input) => [
      coded(() => spkiOf(publicKeyFromPkcs1(input))),
      spkiOf(publicKeyFrom(input[0] === 0x2d ? textOf(input) : input)),
    ],
    codes: ['crypto_public_key'],
    costMicros: 200,
  },
  {
    name: 'core/x509 parseTimestamp',
    covers: ['x509.parseTimestamp', 'x509.verifyTimestamp'],
    seeds: timestamps,
    call: (input) => {
      const timestamp = parseTimestamp(input);
      const verified = coded(() => verifyTimestamp(timestamp, Buffer.from('something'), stamping));
      return { timestamp, verified };
    },
    check: (answer) => assert.equal((answer as { verified: unknown }).verified, null),
    codes: ['x509_der', 'x509_timestamp', 'x509_certificate', 'crypto_public_key'],
    costMicros: 200,
  },
  {
    name: 'core/x509 verifyTimestamp',
    seeds: () => bundle.timestamps,
    call: (input) => {
      const { content } = bundle;
      const signature = content.type === 'dsse' ? content.envelope.signatures[0]?.signature : undefined;
      return verifyTimestamp(parseTimestamp(input), signature ?? new Uint8Array(), stamping).toISOString();
    },
    // Nothing that is signed can be changed to another time.
    check: (answer) => assert.equal(answer, '2026-03-01T12:00:01.000Z'),
    codes: ['x509_der', 'x509_timestamp', 'x509_certificate', 'x509_chain', 'crypto_public_key'],
    costMicros: 200,
  },
  {
    name: 'core/x509 parseTimestampRequest',
    covers: ['x509.parseTimestampRequest'],
    seeds: () => [REQUEST],
    call: parseTimestampRequest,
    codes: ['x509_der', 'x509_timestamp_request'],
    costMicros: 80,
  },
  {
    name: 'core/x509 parseTimestampRequestJson',
    covers: ['x509.parseTimestampRequestJson'],
    seeds: () => [
      JSON.stringify({
        artifactHash: Buffer.alloc(32).toString('base64'),
        hashAlgorithm: 'sha256',
        nonce: 12_345,
        certificates: true,
      }),
      JSON.stringify({
        artifactHash: Buffer.alloc(64).toString('base64'),
        hashAlgorithm: 'sha512',
        tsaPolicyOID: '1.2.3',
      }),
    ],
    call: parseTimestampRequestJson,
    codes: ['x509_timestamp_request', 'bytes_base64', ...JSON_CODES],
    costMicros: 50,
  },
];

function pkcs1(): Uint8Array {
  return createPublicKey(FIXTURES.issuerKey).export({ format: 'der', type: 'pkcs1' });
}

/** A certificate makes its key when it is asked for. */
function withKey(certificate: Certificate): Certificate {
  spkiOf(certificate.publicKey);
  return certificate;
}
