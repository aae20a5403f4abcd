import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { X509Certificate as SigstoreCertificate, X509SCTExtension } from '@sigstore/core';
import fc from 'fast-check';
import { sha256, spkiOf } from '../crypto.ts';
import { isCoded } from '../errors.ts';
import { mutationsOf, onlyCodedErrors } from '../test-support.ts';
import {
  buildRootCertificate,
  buildSigningTbs,
  issuerFrom,
  precertificateWith,
  serialFrom,
  signCertificate,
  signPrecertificate,
} from './build-certificate.ts';
import { parseCertificate, verifyIssuedBy } from './certificate.ts';
import { formatCtExtraData, parseCtLeaf } from './ct-leaf.ts';
import { OID } from './oids.ts';
import { parseSctList, precertificateTbs, verifySct } from './sct.ts';
import { ctMerkleTreeLeaf, sctListExtension, signSct } from './sign-sct.ts';

const NOW = new Date('2026-03-01T12:00:00.123Z');

function issue() {
  const ca = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const log = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const frame = {
    serial: serialFrom(randomBytes(20)),
    notBefore: NOW,
    notAfter: new Date(NOW.getTime() + 600_000),
  };
  const root = buildRootCertificate({
    ...frame,
    ...ca,
    name: { organization: 'example.com', commonName: 'Example root' },
  });
  const input = {
    ...frame,
    publicKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
    issuer: issuerFrom(root, ca.privateKey),
    identity: { type: 'uri', value: 'https://example.com/build' } as const,
    extensions: { issuer: 'https://example.com' },
  };
  const tbs = buildSigningTbs(input);
  const leaf = ctMerkleTreeLeaf({ timestampMs: NOW.getTime(), issuerPublicKey: ca.publicKey, tbs });
  const sct = signSct({ privateKey: log.privateKey, logId: sha256(spkiOf(log.publicKey)) }, leaf);
  const certificate = signCertificate(buildSigningTbs(input, sctListExtension([sct])), ca.privateKey);
  return { ca, root, log, tbs, leaf, certificate };
}

describe('signSct', () => {
  it('is accepted by our own reader, for this certificate and this log only', () => {
    const { root, log, certificate, tbs } = issue();
    const parsed = parseCertificate(certificate);
    const [sct, ...others] = parseSctList(parsed);
    assert.ok(sct);
    assert.deepEqual(others, []);
    assert.equal(sct.timestamp.getTime(), NOW.getTime());
    assert.equal(sct.extensions.length, 0);
    assert.deepEqual(precertificateTbs(parsed), tbs);
    assert.equal(verifySct(sct, parsed, parseCertificate(root), log.publicKey), true);
    const other = issue();
    assert.equal(verifySct(sct, parsed, parseCertificate(root), other.log.publicKey), false);
    assert.equal(
      verifySct(sct, parseCertificate(other.certificate), parseCertificate(root), log.publicKey),
      false,
    );
  });

  it('is accepted by @sigstore/core', () => {
    const { root, log, certificate, tbs } = issue();
    const extension = SigstoreCertificate.parse(Buffer.from(certificate)).extSCT;
    assert.ok(extension instanceof X509SCTExtension);
    const [sct] = extension.signedCertificateTimestamps;
    // issuer key hash and TBS with its length in 24 bits, as @sigstore/verify puts them together
    const size = Buffer.alloc(4);
    size.writeUInt32BE(tbs.length);
    const preCert = Buffer.concat([sha256(parseCertificate(root).spki), size.subarray(1), tbs]);
    assert.equal(sct?.verify(preCert, log.publicKey), true);
  });

  it('signs with P-256 only', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    assert.throws(
      () => signSct({ privateKey, logId: new Uint8Array(32) }, issue().leaf),
      (error) => isCoded(error, 'x509_build_invalid'),
    );
  });
});

describe('ctMerkleTreeLeaf', () => {
  it('has the layout of RFC 6962 §3.4', () => {
    const { root, tbs, leaf } = issue();
    const bytes = Buffer.from(leaf);
    assert.equal(bytes.readUInt16BE(0), 0);
    assert.equal(bytes.readBigUInt64BE(2), BigInt(NOW.getTime()));
    assert.equal(bytes.readUInt16BE(10), 1);
    assert.deepEqual(bytes.subarray(12, 44), sha256(parseCertificate(root).spki));
    assert.equal(bytes.readUIntBE(44, 3), tbs.length);
    assert.deepEqual(bytes.subarray(47, 47 + tbs.length), Buffer.from(tbs));
    assert.equal(bytes.subarray(47 + tbs.length).toString('hex'), '0000');
  });

  it('refuses a time that no clock shows', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    for (const timestampMs of [-1, Number.NaN, 1.5]) {
      assert.throws(
        () => ctMerkleTreeLeaf({ timestampMs, issuerPublicKey: publicKey, tbs: new Uint8Array() }),
        (error) => isCoded(error, 'x509_build_invalid'),
      );
    }
  });
});

describe('parseCtLeaf', () => {
  it('reads back what ctMerkleTreeLeaf writes', () => {
    const { ca, tbs, leaf } = issue();
    const parsed = parseCtLeaf(leaf);
    assert.equal(parsed.type, 'precertificate');
    assert.equal(parsed.timestampMs, NOW.getTime());
    assert.deepEqual(parsed.tbs, Buffer.from(tbs));
    assert.deepEqual(parsed.issuerKeyHash, Buffer.from(sha256(spkiOf(ca.publicKey))));
  });

  it('answers or refuses with its code, whatever the bytes', () => {
    const parse = (bytes: Uint8Array) => onlyCodedErrors(() => parseCtLeaf(bytes));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), parse), { numRuns: 2000 });
    fc.assert(fc.property(mutationsOf(issue().leaf), parse), { numRuns: 10_000 });
  });
});

describe('precertificateWith', () => {
  it('is what the authority signed: the certificate of the leaf, poisoned', () => {
    const { ca, root, tbs } = issue();
    const precertificate = parseCertificate(precertificateWith(tbs, signPrecertificate(tbs, ca.privateKey)));
    assert.equal(verifyIssuedBy(precertificate, parseCertificate(root)), true);
    const poison = precertificate.extensions.get(OID.precertificatePoison);
    assert.equal(poison?.critical, true);
    // RFC 6962 §3.1: the value is an ASN.1 NULL.
    assert.equal(Buffer.from(poison?.value ?? []).toString('hex'), '0500');
  });
});

describe('formatCtExtraData', () => {
  it('has the layout of RFC 6962 §4.6', () => {
    const [pre, one, two] = ['a', 'bb', 'ccc'].map((text) => Buffer.from(text));
    assert.ok(pre && one && two);
    const chain = formatCtExtraData({ precertificate: null, issuers: [one, two] });
    assert.equal(Buffer.from(chain).toString('latin1'), '\0\0\x0b\0\0\x02bb\0\0\x03ccc');
    const whole = formatCtExtraData({ precertificate: pre, issuers: [one] });
    assert.equal(Buffer.from(whole).toString('latin1'), '\0\0\x01a\0\0\x05\0\0\x02bb');
  });
});
