import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { concat, fromHex, utf8 } from '../bytes/index.ts';
import { codeOf, mutationsOf, onlyCodedErrors } from '../test-support.ts';
import {
  buildIntermediateCertificate,
  buildRootCertificate,
  buildSigningTbs,
  type CertificateIssuer,
  issuerFrom,
  serialFrom,
  signCertificate,
} from './build-certificate.ts';
import { type Certificate, parseCertificate, parsePem, verifyIssuedBy } from './certificate.ts';
import { verifyChain } from './chain.ts';
import { DER, DerReader } from './der-reader.ts';
import {
  derBitString,
  derBoolean,
  derExplicit,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derTime,
} from './der-writer.ts';
import { readFulcioExtensions, signerNameOf } from './fulcio-identity.ts';
import { EKU, OID } from './oids.ts';
import { formatPem } from './pem-writer.ts';
import { parseSctList } from './sct.ts';

const START = new Date('2026-01-01T00:00:00Z');
const END = new Date('2026-01-02T00:00:00Z');
const NOON = new Date('2026-01-01T12:00:00Z');
const keyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const frame = (publicKey: KeyObject, notBefore = START, notAfter = END) => ({
  publicKey,
  serial: serialFrom(randomBytes(20)),
  notBefore,
  notAfter,
});

function makeRoot(commonName = 'Root') {
  const keys = keyPair();
  const der = buildRootCertificate({
    ...frame(keys.publicKey),
    name: { organization: 'example.com', commonName },
    privateKey: keys.privateKey,
  });
  return { certificate: parseCertificate(der), issuer: issuerFrom(der, keys.privateKey) };
}

function makeIntermediate(
  issuer: CertificateIssuer,
  purpose: 'code-signing' | 'time-stamping' = 'code-signing',
) {
  const keys = keyPair();
  const name = { organization: 'example.com', commonName: `Intermediate ${randomBytes(4).toString('hex')}` };
  const der = buildIntermediateCertificate({ ...frame(keys.publicKey), name, purpose, issuer });
  return { certificate: parseCertificate(der), issuer: issuerFrom(der, keys.privateKey) };
}

function makeLeaf(issuer: CertificateIssuer, notBefore = START, notAfter = END): Certificate {
  const tbs = buildSigningTbs({
    ...frame(keyPair().publicKey, notBefore, notAfter),
    issuer,
    identity: { type: 'uri', value: 'https://example.com/build' },
    extensions: { issuer: 'https://example.com', tokenSubject: 'build' },
  });
  return parseCertificate(signCertificate(tbs, issuer.privateKey));
}

/** A leaf with exactly these extensions, for what the builder would never write. */
function makeOddLeaf(issuer: CertificateIssuer, extensions: readonly Uint8Array[]): Certificate {
  const like = new DerReader(makeLeaf(issuer).tbs, 'test').sequence().rest(16);
  const tbs = derSequence(
    ...like.slice(0, -1).map(({ encoded }) => encoded),
    derExplicit(3, derSequence(...extensions)),
  );
  return parseCertificate(signCertificate(tbs, issuer.privateKey));
}

const extension = (oid: string, value: Uint8Array, critical = false) =>
  derSequence(derOid(oid), ...(critical ? [derBoolean(true)] : []), derOctetString(value));
const codeSigning = extension(OID.extendedKeyUsage, derSequence(derOid(EKU.codeSigning)));
const options = { at: NOON, requiredEku: EKU.codeSigning };

describe('verifyChain', () => {
  const root = makeRoot();
  const middle = makeIntermediate(root.issuer);
  const leaf = makeLeaf(middle.issuer);
  const chain = (certificate: Certificate, at: Date | readonly Date[] = NOON) =>
    verifyChain(certificate, [middle.certificate], [root.certificate], { ...options, at });

  it('finds the path, leaf first', () => {
    assert.deepEqual(chain(leaf), [leaf, middle.certificate, root.certificate]);
  });

  it('counts both ends of the validity, and every one of several times', () => {
    assert.equal(chain(leaf, [START, END]).length, 3);
    assert.equal(
      codeOf(() => chain(leaf, [NOON, new Date(END.getTime() + 1000)])),
      'x509_chain',
    );
    assert.equal(
      codeOf(() => chain(leaf, new Date(START.getTime() - 1000))),
      'x509_chain',
    );
    assert.equal(
      codeOf(() => chain(leaf, [])),
      'x509_chain',
    );
  });

  it('refuses a leaf of another authority with the same name', () => {
    const impostor = makeRoot();
    assert.equal(
      codeOf(() => verifyChain(leaf, [], [root.certificate], options)),
      'x509_chain',
    );
    assert.equal(
      codeOf(() => verifyChain(leaf, [middle.certificate], [impostor.certificate], options)),
      'x509_chain',
    );
  });

  it('refuses an issuer that is not a CA', () => {
    const keys = keyPair();
    const tbs = buildSigningTbs({
      ...frame(keys.publicKey),
      issuer: root.issuer,
      identity: { type: 'uri', value: 'https://example.com/evil' },
      extensions: { issuer: 'https://example.com' },
    });
    const der = signCertificate(tbs, root.issuer.privateKey);
    const below = makeLeaf(issuerFrom(der, keys.privateKey));
    assert.equal(
      codeOf(() => verifyChain(below, [parseCertificate(der)], [root.certificate], options)),
      'x509_chain',
    );
  });

  it('keeps the path length: an intermediate of path length 0 issues no other', () => {
    const below = makeIntermediate(middle.issuer);
    const deep = makeLeaf(below.issuer);
    assert.throws(
      () => verifyChain(deep, [middle.certificate, below.certificate], [root.certificate], options),
      /path length 0/,
    );
  });

  it('refuses a CA as signer, and a leaf or CA made for something else', () => {
    assert.equal(
      codeOf(() => chain(middle.certificate)),
      'x509_chain',
    );
    const other = makeIntermediate(root.issuer, 'time-stamping');
    assert.throws(
      () => verifyChain(makeLeaf(other.issuer), [other.certificate], [root.certificate], options),
      /extended key usage/,
    );
    assert.throws(
      () =>
        verifyChain(leaf, [middle.certificate], [root.certificate], {
          at: NOON,
          requiredEku: EKU.timeStamping,
        }),
      /extended key usage/,
    );
    assert.equal(
      codeOf(() => chain(makeOddLeaf(middle.issuer, [extension('1.2.3.4', Uint8Array.of(5, 0))]))),
      'x509_chain',
    );
  });

  it('refuses unknown critical extensions, also the precertificate poison, and ignores others', () => {
    const unknown = (critical: boolean) => extension('1.2.3.4', Uint8Array.of(5, 0), critical);
    const poison = extension(OID.precertificatePoison, Uint8Array.of(5, 0), true);
    assert.equal(chain(makeOddLeaf(middle.issuer, [codeSigning, unknown(false)])).length, 3);
    assert.throws(() => chain(makeOddLeaf(middle.issuer, [codeSigning, unknown(true)])), /1\.2\.3\.4/);
    assert.equal(
      codeOf(() => chain(makeOddLeaf(middle.issuer, [codeSigning, poison]))),
      'x509_chain',
    );
  });

  it('refuses a key usage without signatures', () => {
    const keyUsage = extension(OID.keyUsage, derBitString(Uint8Array.of(0x20), 5), true);
    assert.throws(() => chain(makeOddLeaf(middle.issuer, [codeSigning, keyUsage])), /key usage/);
  });

  it('ends on circles of intermediates', () => {
    const many = Array.from({ length: 40 }, () => middle.certificate);
    assert.equal(
      codeOf(() => verifyChain(leaf, many, [], options)),
      'x509_chain',
    );
  });
});

describe('parseCertificate', () => {
  const root = makeRoot();
  const leaf = makeLeaf(root.issuer);

  it('reads identity and extensions', () => {
    assert.deepEqual(signerNameOf(leaf), { type: 'uri', value: 'https://example.com/build' });
    assert.deepEqual(readFulcioExtensions(leaf), { issuer: 'https://example.com', tokenSubject: 'build' });
    assert.equal(root.certificate.subjectText, 'O=example.com, CN=Root');
    assert.equal(readFulcioExtensions(root.certificate), null);
    assert.equal(verifyIssuedBy(leaf, root.certificate), true);
    assert.equal(verifyIssuedBy(leaf, leaf), false);
  });

  it('refuses a signer of no name and of two names', () => {
    const names = derSequence(fromHex('86016186016286'.slice(0, 12)));
    const two = makeOddLeaf(root.issuer, [extension(OID.subjectAlternativeName, names)]);
    assert.equal(two.subjectAlternativeNames.length, 2);
    assert.equal(
      codeOf(() => signerNameOf(two)),
      'x509_certificate',
    );
    assert.equal(
      codeOf(() => signerNameOf(makeOddLeaf(root.issuer, [codeSigning]))),
      'x509_certificate',
    );
  });

  it('refuses names with control characters, double extensions, different algorithms, trailing bytes', () => {
    const nul = derSequence(fromHex('8603610062'));
    assert.equal(
      codeOf(() => makeOddLeaf(root.issuer, [extension(OID.subjectAlternativeName, nul)])),
      'x509_der',
    );
    assert.equal(
      codeOf(() => makeOddLeaf(root.issuer, [codeSigning, codeSigning])),
      'x509_der',
    );
    const other = derSequence(
      leaf.tbs,
      derSequence(derOid('1.2.840.10045.4.3.3')),
      derBitString(leaf.signature),
    );
    assert.equal(
      codeOf(() => parseCertificate(other)),
      'x509_certificate',
    );
    assert.equal(
      codeOf(() => parseCertificate(concat(leaf.der, Uint8Array.of(0)))),
      'x509_der',
    );
  });

  it('takes text in names that is no UTF-8 for no DER, as it says', () => {
    const der = Buffer.from(root.certificate.der);
    der[der.lastIndexOf('example.com')] = 0xff;
    assert.equal(
      codeOf(() => parseCertificate(der)),
      'x509_der',
    );
  });

  it('answers hostile input with coded errors only', () => {
    const parse = (bytes: Uint8Array) =>
      onlyCodedErrors(() => {
        const certificate = parseCertificate(bytes);
        readFulcioExtensions(certificate);
        parseSctList(certificate);
      });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), parse), { numRuns: 500 });
    fc.assert(fc.property(mutationsOf(leaf.der), parse), { numRuns: 2000 });
  });
});

describe('parsePem', () => {
  const { certificate } = makeRoot();
  const pem = formatPem('CERTIFICATE', certificate.der);

  it('reads one certificate or many, with text around them', () => {
    assert.equal(parsePem(`first\n${pem}second\n${pem}`).length, 2);
  });

  it('refuses none, a broken frame and a broken body', () => {
    assert.equal(
      codeOf(() => parsePem('')),
      'x509_pem',
    );
    assert.equal(
      codeOf(() => parsePem(pem.replace('END', 'DNE'))),
      'x509_pem',
    );
    assert.equal(
      codeOf(() => parsePem(pem.replace('MII', '*II'))),
      'x509_pem',
    );
  });

  it('answers hostile input with coded errors only', () => {
    fc.assert(
      fc.property(mutationsOf(utf8(pem)), (bytes) =>
        onlyCodedErrors(() => parsePem(Buffer.from(bytes).toString('latin1'))),
      ),
      { numRuns: 500 },
    );
  });
});

describe('DerReader', () => {
  const read = (hex: string) => new DerReader(fromHex(hex), 'test');

  it('refuses BER: indefinite and long-winded lengths, high tags, padded integers, odd booleans', () => {
    for (const hex of ['30800000', '30810100', '3082000100', '1f810100', '30850100000000', '3002', '']) {
      assert.equal(
        codeOf(() => read(hex).read()),
        'x509_der',
        hex,
      );
    }
    assert.equal(
      codeOf(() => read('02020001').integer()),
      'x509_der',
    );
    assert.equal(
      codeOf(() => read('0202ff80').integer()),
      'x509_der',
    );
    assert.equal(
      codeOf(() => read('0200').integer()),
      'x509_der',
    );
    assert.equal(
      codeOf(() => read('010101').boolean()),
      'x509_der',
    );
    assert.equal(
      codeOf(() => read('03020103').namedBits()),
      'x509_der',
    );
    assert.equal(
      codeOf(() => read('06028001').oid()),
      'x509_der',
    );
  });

  it('reads integers, object identifiers and times as they are written', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (value) => {
        assert.equal(new DerReader(derInteger(value), 'test').smallInteger(), value);
      }),
    );
    for (const oid of ['2.5.29.17', '1.3.6.1.4.1.57264.1.24', '2.999.3', '0.9.2342.19200300.100.1.25']) {
      if (oid !== '2.999.3') assert.equal(new DerReader(derOid(oid), 'test').oid(), oid);
    }
    assert.equal(read('0603883703').oid(), '2.999.3');
    const times = fc.integer({ min: Date.UTC(1950, 0), max: Date.UTC(2100, 0) });
    fc.assert(
      fc.property(times, (time) => {
        const date = new Date(Math.floor(time / 1000) * 1000);
        assert.deepEqual(new DerReader(derTime(date), 'test').time(), date);
      }),
    );
  });

  it('refuses times that do not exist', () => {
    const time = (text: string) =>
      new DerReader(concat(Uint8Array.of(DER.utcTime, text.length), utf8(text)), 'test');
    for (const text of [
      '260230000000Z',
      '261301000000Z',
      '260101240000Z',
      '260101006000Z',
      '260101000060Z',
      '2601010000Z',
      '260101000000+0100',
    ]) {
      assert.equal(
        codeOf(() => time(text).time()),
        'x509_der',
        text,
      );
    }
    assert.equal(time('260228235959Z').time().toISOString(), '2026-02-28T23:59:59.000Z');
  });
});
