import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { RFC3161Timestamp } from '@sigstore/core';
import fc from 'fast-check';
import { fromHex, toBase64, toHex, utf8 } from '../bytes/index.ts';
import { type HashName, hash } from '../crypto.ts';
import { isCoded } from '../errors.ts';
import {
  buildRootCertificate,
  buildTimestampCertificate,
  issuerFrom,
  serialFrom,
} from './build-certificate.ts';
import { buildTimestampResponse, TIMESTAMP_POLICY, timestampSigner } from './build-timestamp.ts';
import { parseCertificate } from './certificate.ts';
import { derExplicit, derInteger, derOid, derSequence } from './der-writer.ts';
import { formatPem } from './pem-writer.ts';
import { parseTimestamp, verifyTimestamp } from './timestamp.ts';
import {
  parseTimestampRequest,
  parseTimestampRequestJson,
  timestampRequestFor,
} from './timestamp-request.ts';

const OPENSSL = '/usr/bin/openssl';
const noOpenssl =
  existsSync(OPENSSL) || process.env['WAYBILL_REQUIRE_PEERS'] ? false : `${OPENSSL} is not installed`;
const NOW = new Date('2026-03-01T12:00:00.987Z');
const DATA = utf8('a signature');
const folder = mkdtempSync(join(tmpdir(), 'waybill-tsa-'));
after(() => rmSync(folder, { recursive: true }));

function makeAuthority(namedCurve = 'P-256') {
  const rootKeys = generateKeyPairSync('ec', { namedCurve });
  const keys = generateKeyPairSync('ec', { namedCurve });
  const frame = {
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2036-01-01T00:00:00Z'),
  };
  const root = buildRootCertificate({
    ...frame,
    ...rootKeys,
    serial: serialFrom(randomBytes(20)),
    name: { organization: 'example.com', commonName: 'Example timestamp root' },
  });
  const leaf = buildTimestampCertificate({
    ...frame,
    publicKey: keys.publicKey,
    serial: serialFrom(randomBytes(20)),
    name: { organization: 'example.com', commonName: 'Example timestamps' },
    issuer: issuerFrom(root, rootKeys.privateKey),
  });
  return { root, leaf, keys, signer: timestampSigner(keys.privateKey, parseCertificate(leaf)) };
}

const AUTHORITY = makeAuthority();
const CHAIN = { certificates: [parseCertificate(AUTHORITY.leaf), parseCertificate(AUTHORITY.root)] };
const file = (name: string, content: Uint8Array | string) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const openssl = (...args: readonly string[]) => execFileSync(OPENSSL, args, { stdio: 'pipe' }).toString();

function answer(request = timestampRequestFor('sha256', hash('sha256', DATA)), authority = AUTHORITY) {
  return buildTimestampResponse(authority.signer, {
    request,
    serial: serialFrom(randomBytes(20)),
    time: NOW,
  });
}

describe('buildTimestampResponse', () => {
  it('is accepted by our own reader, with the time in whole seconds', () => {
    const timestamp = parseTimestamp(answer());
    assert.equal(timestamp.policy, TIMESTAMP_POLICY);
    assert.equal(verifyTimestamp(timestamp, DATA, CHAIN).toISOString(), '2026-03-01T12:00:00.000Z');
    assert.throws(
      () => verifyTimestamp(timestamp, utf8('other data'), CHAIN),
      (error) => isCoded(error),
    );
  });

  it('is accepted by @sigstore/core', () => {
    const timestamp = RFC3161Timestamp.parse(Buffer.from(answer()));
    assert.equal(Number(timestamp.status), 0);
    timestamp.verify(Buffer.from(DATA), AUTHORITY.keys.publicKey);
    assert.throws(() => timestamp.verify(Buffer.from('other data'), AUTHORITY.keys.publicKey));
  });

  it('signs with P-384 as well', () => {
    const authority = makeAuthority('P-384');
    const timestamp = parseTimestamp(answer(undefined, authority));
    verifyTimestamp(timestamp, DATA, {
      certificates: [authority.leaf, authority.root].map(parseCertificate),
    });
    RFC3161Timestamp.parse(Buffer.from(answer(undefined, authority))).verify(
      Buffer.from(DATA),
      authority.keys.publicKey,
    );
  });

  it('refuses any policy but its own', () => {
    const request = { ...timestampRequestFor('sha256', hash('sha256', DATA)), policy: '1.2.3.4' };
    assert.throws(
      () => answer(request),
      (error) => isCoded(error, 'x509_timestamp_policy'),
    );
    answer({ ...request, policy: TIMESTAMP_POLICY });
  });

  for (const hashName of ['sha256', 'sha384', 'sha512'] as const) {
    it(`answers an openssl query over ${hashName} so that openssl verifies it`, { skip: noOpenssl }, () => {
      const data = file('data', DATA);
      const query = join(folder, `${hashName}.tsq`);
      openssl('ts', '-query', '-data', data, `-${hashName}`, '-cert', '-out', query);
      const response = file(`${hashName}.tsr`, answer(parseTimestampRequest(readFileSync(query))));
      const root = file('root.pem', formatPem('CERTIFICATE', AUTHORITY.root));
      const verify = (...what: readonly string[]) =>
        openssl('ts', '-verify', '-in', response, '-CAfile', root, '-attime', '1772366400', ...what);
      assert.match(verify('-queryfile', query), /Verification: OK/);
      assert.match(verify('-data', data), /Verification: OK/);
      assert.throws(() => verify('-data', file('other', 'other data')));
    });
  }

  it('leaves the certificate out unless asked, and openssl verifies it with the chain given', {
    skip: noOpenssl,
  }, () => {
    const bare = answer();
    assert.deepEqual(parseTimestamp(bare).certificates, []);
    const asked = { ...timestampRequestFor('sha256', hash('sha256', DATA)), certificateWanted: true };
    assert.deepEqual(parseTimestamp(answer(asked)).certificates, [Buffer.from(AUTHORITY.leaf)]);
    const args = ['-data', file('data', DATA), '-in', file('bare.tsr', bare)];
    const root = file('root.pem', formatPem('CERTIFICATE', AUTHORITY.root));
    const leaf = file('leaf.pem', formatPem('CERTIFICATE', AUTHORITY.leaf));
    assert.match(
      openssl('ts', '-verify', ...args, '-CAfile', root, '-untrusted', leaf, '-attime', '1772366400'),
      /Verification: OK/,
    );
    assert.match(openssl('ts', '-reply', '-in', join(folder, 'bare.tsr'), '-text'), /Accuracy: 0x01 seconds/);
  });
});

const DIGEST = hash('sha256', DATA);
const IMPRINT = timestampRequestFor('sha256', DIGEST).messageImprintDer;

describe('parseTimestampRequest', () => {
  it('reads the nonce, negative or long, and repeats it octet by octet', () => {
    const long = `0282012c${'01'.repeat(300)}`;
    for (const nonce of ['0201ff', '02080123456789abcdef', '020900ffffffffffffffff', long]) {
      const request = parseTimestampRequest(derSequence(derInteger(1), IMPRINT, fromHex(nonce)));
      assert.deepEqual(Buffer.from(request.nonceDer ?? []).toString('hex'), nonce);
      assert.equal(parseTimestamp(answer(request)).nonce, nonce === long ? nonce.slice(8) : nonce.slice(4));
    }
  });

  it('refuses other versions, hashes, digest lengths, extensions and left-overs', () => {
    const sha1 = derSequence(derSequence(derOid('1.3.14.3.2.26')), fromHex(`0414${'00'.repeat(20)}`));
    const short = derSequence(
      derSequence(derOid('2.16.840.1.101.3.4.2.1')),
      fromHex(`0414${'00'.repeat(20)}`),
    );
    const refused: Readonly<Record<string, Uint8Array>> = {
      version: derSequence(derInteger(2), IMPRINT),
      'SHA-1': derSequence(derInteger(1), sha1),
      length: derSequence(derInteger(1), short),
      extensions: derSequence(derInteger(1), IMPRINT, derExplicit(0, derSequence())),
    };
    for (const [name, der] of Object.entries(refused)) {
      assert.throws(
        () => parseTimestampRequest(der),
        (error) => isCoded(error, 'x509_timestamp_request'),
        name,
      );
    }
    const twice = derSequence(derInteger(1), IMPRINT, derOid('1.2.3'), derOid('1.2.3'));
    assert.throws(
      () => parseTimestampRequest(twice),
      (error) => isCoded(error, 'x509_der'),
    );
  });

  it('gives a coded error for any other bytes', () => {
    const valid = Buffer.from(derSequence(derInteger(1), IMPRINT, derOid('1.2.3'), derInteger(7)));
    const flipped = fc
      .tuple(fc.nat(valid.length - 1), fc.nat(255))
      .map(([at, octet]) => Buffer.from(valid).fill(octet, at, at + 1));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), flipped), (bytes) => {
        try {
          answer({ ...parseTimestampRequest(bytes), policy: undefined });
        } catch (error) {
          assert.ok(isCoded(error), String(error));
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('parseTimestampRequestJson', () => {
  const json = (value: unknown) => utf8(JSON.stringify(value));
  const artifactHash = toBase64(DIGEST);

  it('asks the same as the DER form', () => {
    const request = parseTimestampRequestJson(
      json({ artifactHash, hashAlgorithm: 'sha256', certificates: true, nonce: 7, tsaPolicyOID: '' }),
    );
    assert.equal(request.certificateWanted, true);
    assert.equal(parseTimestamp(answer(request)).nonce, '07');
    assert.deepEqual(request.messageImprintDer, IMPRINT);
  });

  it('keeps every digit of a nonce, of either sign', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }), (nonce) => {
        const text = `{"nonce":${nonce},"artifactHash":"${artifactHash}","hashAlgorithm":"sha256"}`;
        const { nonceDer = new Uint8Array() } = parseTimestampRequestJson(utf8(text));
        const octets = nonceDer.subarray(2);
        assert.equal(BigInt.asIntN(8 * octets.length, BigInt(`0x${toHex(octets)}`)), nonce);
        parseTimestampRequest(derSequence(derInteger(1), IMPRINT, nonceDer));
      }),
    );
  });

  it('refuses what it does not know, with the field named', () => {
    const refused: readonly [unknown, RegExp][] = [
      [{ artifactHash, hashAlgorithm: 'sha1' }, /hashAlgorithm/],
      [{ artifactHash, hashAlgorithm: 'toString' }, /hashAlgorithm/],
      [{ artifactHash: 'AAAA', hashAlgorithm: 'sha256' }, /32 octets/],
      [{ artifactHash: '?', hashAlgorithm: 'sha256' }, /artifactHash/],
      [{ artifactHash, hashAlgorithm: 'sha256', nonce: '5' }, /nonce/],
      [{ artifactHash, hashAlgorithm: 'sha256', nonce: [1] }, /nonce/],
      [{ artifactHash, hashAlgorithm: 'sha256', nonce: 1.5 }, /nonce/],
      [{ hashAlgorithm: 'sha256' }, /artifactHash/],
    ];
    for (const [value, message] of refused) {
      assert.throws(
        () => parseTimestampRequestJson(json(value)),
        (error) => isCoded(error) && message.test(error.message),
      );
    }
  });

  it('gives a coded error for any other JSON', () => {
    const known = fc.record({
      artifactHash: fc.string(),
      hashAlgorithm: fc.constant<HashName>('sha256'),
      nonce: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), known), (value) => {
        try {
          parseTimestampRequestJson(json(value));
        } catch (error) {
          assert.ok(isCoded(error), String(error));
        }
      }),
    );
  });
});
