import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '../bytes/index.ts';
import { sha256 } from '../crypto.ts';
import { codeOf, mutationsOf, onlyCodedErrors } from '../test-support.ts';
import {
  buildRootCertificate,
  buildSigningTbs,
  buildTimestampCertificate,
  issuerFrom,
  serialFrom,
  signCertificate,
} from './build-certificate.ts';
import { buildTimestampResponse, timestampSigner } from './build-timestamp.ts';
import { parseCertificate } from './certificate.ts';
import { parseTimestamp, verifyTimestamp } from './timestamp.ts';
import { timestampRequestFor } from './timestamp-request.ts';

const DATA = utf8('a signature');
const NOW = new Date('2026-03-01T12:00:00Z');
const FRAME = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2027-01-01T00:00:00Z') };

function makeAuthority() {
  const rootKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const root = buildRootCertificate({
    ...FRAME,
    ...rootKeys,
    serial: serialFrom(randomBytes(20)),
    name: { organization: 'example.com', commonName: 'Timestamp root' },
  });
  const leaf = buildTimestampCertificate({
    ...FRAME,
    publicKey: keys.publicKey,
    serial: serialFrom(randomBytes(20)),
    name: { organization: 'example.com', commonName: 'Timestamps' },
    issuer: issuerFrom(root, rootKeys.privateKey),
  });
  return {
    chain: { certificates: [parseCertificate(leaf), parseCertificate(root)] },
    rootOnly: { certificates: [parseCertificate(root)] },
    rootIssuer: issuerFrom(root, rootKeys.privateKey),
    signer: timestampSigner(keys.privateKey, parseCertificate(leaf)),
  };
}

const authority = makeAuthority();

function stamp(options: { time?: Date; embed?: boolean; signer?: typeof authority.signer } = {}) {
  const request = {
    ...timestampRequestFor('sha256', sha256(DATA)),
    certificateWanted: options.embed ?? false,
  };
  return buildTimestampResponse(options.signer ?? authority.signer, {
    request,
    serial: randomBytes(16),
    time: options.time ?? NOW,
  });
}

describe('verifyTimestamp', () => {
  it('answers the time of an authority that names its leaf, certificate inside or not', () => {
    for (const embed of [true, false]) {
      assert.deepEqual(verifyTimestamp(parseTimestamp(stamp({ embed })), DATA, authority.chain), NOW);
    }
  });

  it('takes the certificate inside only under a trusted root', () => {
    const inside = parseTimestamp(stamp({ embed: true }));
    assert.deepEqual(verifyTimestamp(inside, DATA, authority.rootOnly), NOW);
    assert.equal(
      codeOf(() => verifyTimestamp(parseTimestamp(stamp()), DATA, authority.rootOnly)),
      'x509_timestamp',
    );
    assert.equal(
      codeOf(() => verifyTimestamp(inside, DATA, makeAuthority().rootOnly)),
      'x509_chain',
    );
    assert.equal(
      codeOf(() => verifyTimestamp(inside, DATA, makeAuthority().chain)),
      'x509_timestamp',
    );
  });

  it('refuses other data and times outside the certificate', () => {
    assert.equal(
      codeOf(() => verifyTimestamp(parseTimestamp(stamp()), utf8('x'), authority.chain)),
      'x509_timestamp',
    );
    const late = parseTimestamp(stamp({ time: new Date('2027-01-01T00:00:01Z') }));
    assert.equal(
      codeOf(() => verifyTimestamp(late, DATA, authority.chain)),
      'x509_chain',
    );
  });

  it('refuses a signing certificate that was not made for timestamps', () => {
    const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const tbs = buildSigningTbs({
      ...FRAME,
      publicKey: keys.publicKey,
      serial: serialFrom(randomBytes(20)),
      issuer: authority.rootIssuer,
      identity: { type: 'uri', value: 'https://example.com/build' },
      extensions: { issuer: 'https://example.com' },
    });
    const certificate = parseCertificate(signCertificate(tbs, authority.rootIssuer.privateKey));
    const forged = parseTimestamp(
      stamp({ embed: true, signer: timestampSigner(keys.privateKey, certificate) }),
    );
    assert.equal(
      codeOf(() => verifyTimestamp(forged, DATA, authority.rootOnly)),
      'x509_timestamp',
    );
  });

  it('never proves another time: every accepted change of a byte leaves the time as it was', () => {
    const der = stamp();
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Uint8Array.from(der);
        changed[at] = (changed[at] ?? 0) ^ flip;
        onlyCodedErrors(() =>
          assert.deepEqual(verifyTimestamp(parseTimestamp(changed), DATA, authority.chain), NOW),
        );
      }),
      { numRuns: 1000 },
    );
  });
});

describe('parseTimestamp', () => {
  it('reads a bare token as well as a response', () => {
    const response = stamp();
    const token = parseTimestamp(response);
    assert.equal(token.imprint.hash, 'sha256');
    // SEQUENCE { PKIStatusInfo (5 octets), token }
    const bare = response.subarray(response[1] === 0x82 ? 4 + 5 : 3 + 5);
    assert.deepEqual(parseTimestamp(bare).genTime, token.genTime);
  });

  it('refuses an answer that refuses', () => {
    assert.equal(
      codeOf(() => parseTimestamp(Uint8Array.from([0x30, 5, 0x30, 3, 2, 1, 2]))),
      'x509_timestamp',
    );
  });

  it('answers hostile input with coded errors only', () => {
    const parse = (bytes: Uint8Array) => onlyCodedErrors(() => parseTimestamp(bytes));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), parse), { numRuns: 500 });
    fc.assert(fc.property(mutationsOf(stamp({ embed: true })), parse), { numRuns: 2000 });
  });
});
