import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { toBase64, utf8 } from '../bytes/index.ts';
import { sha256, spkiOf } from '../crypto.ts';
import { codeOf, jsonMutationsOf, mutationsOf, onlyCodedErrors } from '../test-support.ts';
import { buildRootCertificate, serialFrom } from '../x509/index.ts';
import { formatTrustedRoot, isWithin, parseTrustedRoot, TRUSTED_ROOT_MEDIA_TYPE } from './index.ts';

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const START = new Date('2026-01-01T00:00:00Z');
const END = new Date('2027-01-01T00:00:00Z');
const root = buildRootCertificate({
  publicKey: keys.publicKey,
  privateKey: keys.privateKey,
  serial: serialFrom(sha256(utf8('serial')).subarray(0, 20)),
  notBefore: START,
  notAfter: END,
  name: { organization: 'example.com', commonName: 'Root' },
});
const logKey = {
  rawBytes: toBase64(spkiOf(keys.publicKey)),
  keyDetails: 'PKIX_ECDSA_P256_SHA_256',
  validFor: { start: '2026-01-01T00:00:00Z' },
};
const log = {
  baseUrl: 'https://log.example',
  hashAlgorithm: 'SHA2_256',
  publicKey: logKey,
  logId: { keyId: 'AAAA' },
};
const authority = {
  subject: { organization: 'example.com', commonName: 'Root' },
  uri: 'https://example.com',
  certChain: { certificates: [{ rawBytes: toBase64(root) }] },
  validFor: { start: '2026-01-01T00:00:00.123456789Z', end: '2027-01-01T02:00:00+02:00' },
};
const DOCUMENT = {
  mediaType: TRUSTED_ROOT_MEDIA_TYPE,
  tlogs: [log],
  ctlogs: [log],
  certificateAuthorities: [authority],
  timestampAuthorities: [authority],
};
const parse = (change: object = {}) => parseTrustedRoot(JSON.stringify({ ...DOCUMENT, ...change }));
const refusal = (change: object) => codeOf(() => parse(change));

describe('parseTrustedRoot', () => {
  it('reads keys, certificates and periods', () => {
    const { tlogs, certificateAuthorities } = parse();
    assert.equal(tlogs[0]?.publicKey.equals(keys.publicKey), true);
    assert.equal(tlogs[0]?.validFor.end, null);
    assert.equal(certificateAuthorities[0]?.certificates[0].subjectText, 'O=example.com, CN=Root');
    assert.deepEqual(certificateAuthorities[0]?.validFor.end, END);
  });

  it('takes exactly one media type', () => {
    for (const mediaType of [
      undefined,
      '',
      'application/json',
      'application/vnd.dev.sigstore.trustedroot.v0.1+json',
    ]) {
      assert.equal(refusal({ mediaType }), 'trust_root_invalid');
    }
  });

  it('refuses a log key without a start, for both kinds of log', () => {
    for (const validFor of [undefined, null, {}, { end: '2027-01-01T00:00:00Z' }]) {
      const open = { ...log, publicKey: { ...logKey, validFor } };
      assert.equal(refusal({ tlogs: [open] }), 'trust_root_invalid');
      assert.equal(refusal({ ctlogs: [open] }), 'trust_root_invalid');
    }
  });

  it('refuses times it cannot read, empty chains, bytes that are no key', () => {
    for (const start of ['2026', 'yesterday', '2026-01-01', '2026-01-01T00:00:00', '2026-13-01T00:00:00Z']) {
      assert.equal(
        refusal({ certificateAuthorities: [{ ...authority, validFor: { start } }] }),
        'trust_root_invalid',
      );
    }
    const empty = { ...authority, certChain: { certificates: [] } };
    assert.equal(refusal({ timestampAuthorities: [empty] }), 'trust_root_invalid');
    assert.equal(
      refusal({ tlogs: [{ ...log, publicKey: { ...logKey, rawBytes: 'AAAA' } }] }),
      'trust_root_invalid',
    );
  });

  it('reads the RSA keys of old logs', () => {
    const rawBytes = toBase64(rsa.publicKey.export({ format: 'der', type: 'pkcs1' }));
    const old = { ...log, publicKey: { ...logKey, rawBytes, keyDetails: 'PKCS1_RSA_PKCS1V5' } };
    const { ctlogs } = parse({ ctlogs: [old] });
    assert.equal(ctlogs[0]?.publicKey.equals(rsa.publicKey), true);
    assert.equal(ctlogs[0]?.keyDetails, 'PKIX_RSA_PKCS1V5');
  });

  it('answers hostile input with coded errors only', () => {
    const text = JSON.stringify(DOCUMENT);
    const hostile = (input: Uint8Array | string) => onlyCodedErrors(() => parseTrustedRoot(input));
    fc.assert(fc.property(fc.uint8Array(), hostile), { numRuns: 200 });
    fc.assert(fc.property(mutationsOf(utf8(text)), hostile), { numRuns: 300 });
    fc.assert(fc.property(jsonMutationsOf(text), hostile), { numRuns: 500 });
  });
});

describe('formatTrustedRoot', () => {
  it('writes what parseTrustedRoot reads', () => {
    const text = formatTrustedRoot(parse());
    assert.equal(formatTrustedRoot(parseTrustedRoot(text)), text);
  });
});

describe('isWithin', () => {
  it('counts both ends, and an open side as for ever', () => {
    const period = { start: START, end: END };
    assert.deepEqual(
      [START, END, new Date(START.getTime() - 1), new Date(END.getTime() + 1)].map((at) =>
        isWithin(period, at),
      ),
      [true, true, false, false],
    );
    assert.equal(isWithin({ start: null, end: null }, new Date(0)), true);
  });
});
