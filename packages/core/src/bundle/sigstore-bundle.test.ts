import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { toBase64, utf8 } from '../bytes/index.ts';
import { sha256 } from '../crypto.ts';
import { codeOf, jsonMutationsOf, mutationsOf, onlyCodedErrors } from '../test-support.ts';
import {
  buildRootCertificate,
  buildSigningTbs,
  issuerFrom,
  serialFrom,
  signCertificate,
} from '../x509/index.ts';
import { BUNDLE_MEDIA_TYPE, formatBundle, parseBundle } from './index.ts';

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const frame = {
  publicKey: keys.publicKey,
  serial: serialFrom(sha256(utf8('serial')).subarray(0, 20)),
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date('2027-01-01T00:00:00Z'),
};
const rootDer = buildRootCertificate({
  ...frame,
  name: { organization: 'example.com', commonName: 'Root' },
  privateKey: keys.privateKey,
});
const leafDer = signCertificate(
  buildSigningTbs({
    ...frame,
    issuer: issuerFrom(rootDer, keys.privateKey),
    identity: { type: 'email', value: 'dev@example.com' },
    extensions: { issuer: 'https://example.com' },
  }),
  keys.privateKey,
);
const leaf = { rawBytes: toBase64(leafDer) };
const root = { rawBytes: toBase64(rootDer) };
const hash = toBase64(sha256(utf8('hash')));

const proof = {
  logIndex: '7',
  treeSize: '9',
  rootHash: hash,
  hashes: [hash],
  checkpoint: { envelope: 'note' },
};
const promise = { signedEntryTimestamp: 'AAAA' };
const ENTRY = {
  logIndex: '7',
  logId: { keyId: hash },
  kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
  integratedTime: '1700000000',
  inclusionPromise: promise,
  inclusionProof: proof,
  canonicalizedBody: 'e30=',
};
const MATERIAL = {
  certificate: leaf,
  tlogEntries: [ENTRY],
  timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: 'AAAA' }] },
};
const ENVELOPE = {
  payload: 'e30=',
  payloadType: 'application/vnd.in-toto+json',
  signatures: [{ sig: 'AQID' }],
};
const BUNDLE = { mediaType: BUNDLE_MEDIA_TYPE, verificationMaterial: MATERIAL, dsseEnvelope: ENVELOPE };
const TEXT = JSON.stringify(BUNDLE);

const parse = (change: object) => parseBundle(JSON.stringify({ ...BUNDLE, ...change }));
const withMaterial = (change: object, version = '0.3') =>
  parse({
    mediaType: `application/vnd.dev.sigstore.bundle+json;version=${version}`,
    verificationMaterial: { ...MATERIAL, ...change },
  });
const withEntry = (change: object, version = '0.3') => {
  const chain = { certificate: undefined, x509CertificateChain: { certificates: [leaf] } };
  return withMaterial(
    { ...(version === '0.3' ? {} : chain), tlogEntries: [{ ...ENTRY, ...change }] },
    version,
  );
};
const refusal = (run: () => unknown) => codeOf(run);

describe('parseBundle', () => {
  it('knows both spellings of 0.1, 0.2 and 0.3, and no other', () => {
    for (const version of ['0.1', '0.2', '0.3'] as const) {
      assert.equal(
        parse({ mediaType: `application/vnd.dev.sigstore.bundle+json;version=${version}` }).version,
        version,
      );
      assert.equal(
        parse({ mediaType: `application/vnd.dev.sigstore.bundle.v${version}+json` }).version,
        version,
      );
    }
    for (const mediaType of ['application/vnd.dev.sigstore.bundle.v0.4+json', 'application/json', '']) {
      assert.equal(
        refusal(() => parse({ mediaType })),
        'bundle_version',
      );
    }
    assert.equal(
      refusal(() => parse({ mediaType: undefined })),
      'bundle_invalid',
    );
  });

  it('keeps the rule of each version about log entries', () => {
    assert.equal(
      refusal(() => withEntry({ inclusionPromise: undefined }, '0.1')),
      'bundle_invalid',
    );
    assert.equal(withEntry({ inclusionProof: undefined }, '0.1').tlogEntries[0]?.inclusionProof, null);
    for (const version of ['0.2', '0.3']) {
      assert.equal(
        withEntry({ inclusionPromise: undefined }, version).tlogEntries[0]?.inclusionPromise,
        null,
      );
      assert.equal(
        refusal(() => withEntry({ inclusionProof: undefined }, version)),
        'bundle_invalid',
      );
      const bare = { ...proof, checkpoint: undefined };
      assert.equal(
        refusal(() => withEntry({ inclusionProof: bare }, version)),
        'bundle_invalid',
      );
    }
  });

  it('keeps the rule of each version about certificates', () => {
    const chain = (...certificates: object[]) => ({
      certificate: undefined,
      x509CertificateChain: { certificates },
    });
    assert.equal(withMaterial(chain(leaf), '0.2').verificationMaterial.type, 'chain');
    assert.equal(
      refusal(() => withMaterial(chain(leaf))),
      'bundle_invalid',
    );
    assert.equal(
      refusal(() => withMaterial(chain(), '0.2')),
      'bundle_invalid',
    );
    assert.equal(
      refusal(() => withMaterial({ publicKey: { hint: 'x' } })),
      'bundle_invalid',
    );
    assert.deepEqual(parse({ verificationMaterial: undefined }).verificationMaterial, {
      type: 'public-key',
      hint: '',
    });
    assert.deepEqual(withMaterial({ certificate: undefined }).verificationMaterial, {
      type: 'public-key',
      hint: '',
    });
  });

  it('refuses a root certificate, or leaves it out when told so', () => {
    const certificates = [leaf, root];
    const old = JSON.stringify({
      ...BUNDLE,
      mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
      verificationMaterial: { ...MATERIAL, certificate: undefined, x509CertificateChain: { certificates } },
    });
    assert.equal(
      refusal(() => parseBundle(old)),
      'bundle_invalid',
    );
    const read = parseBundle(old, { ignoreEmbeddedRoots: true }).verificationMaterial;
    assert.ok(read.type === 'chain');
    assert.equal(read.certificates.length, 1);
    assert.equal(
      refusal(() => withMaterial({ certificate: root })),
      'bundle_invalid',
    );
  });

  it('takes exactly one signature over one content', () => {
    const twice = { ...ENVELOPE, signatures: [{ sig: 'AQID' }, { sig: 'AQID' }] };
    assert.equal(
      refusal(() => parse({ dsseEnvelope: twice })),
      'bundle_invalid',
    );
    assert.equal(
      refusal(() => parse({ dsseEnvelope: { ...ENVELOPE, signatures: [] } })),
      'dsse_no_signature',
    );
    assert.equal(
      refusal(() => parse({ dsseEnvelope: { ...ENVELOPE, payload: '*' } })),
      'dsse_not_base64',
    );
    assert.equal(
      refusal(() => parse({ messageSignature: { signature: 'AAAA' } })),
      'bundle_invalid',
    );
    assert.equal(
      refusal(() => parse({ dsseEnvelope: undefined })),
      'bundle_invalid',
    );
  });

  it('reads 64-bit numbers as strings, numbers and absent zeros, none negative or beyond 2^53', () => {
    assert.equal(withEntry({ logIndex: 7 }).tlogEntries[0]?.logIndex, 7);
    assert.equal(withEntry({ logIndex: undefined }).tlogEntries[0]?.logIndex, 0);
    assert.equal(withEntry({ integratedTime: '0' }).tlogEntries[0]?.integratedTime, null);
    for (const logIndex of ['-1', -1, '9007199254740992', '1e3', '', 1.5, true]) {
      assert.equal(
        refusal(() => withEntry({ logIndex })),
        'bundle_invalid',
        String(logIndex),
      );
    }
  });

  it('undoes the double base64 of old Chainloop signatures and touches no other', () => {
    const signature = Buffer.from(toBase64(Buffer.alloc(70, 0x30)));
    const doubled = parse({ dsseEnvelope: { ...ENVELOPE, signatures: [{ sig: toBase64(signature) }] } });
    assert.ok(doubled.content.type === 'dsse');
    assert.deepEqual(
      Buffer.from(doubled.content.envelope.signatures[0]?.signature ?? []),
      Buffer.alloc(70, 0x30),
    );
  });

  it('answers hostile input with coded errors only', () => {
    const hostile = (input: Uint8Array | string) => onlyCodedErrors(() => parseBundle(input));
    fc.assert(fc.property(fc.uint8Array(), hostile), { numRuns: 200 });
    fc.assert(fc.property(mutationsOf(utf8(TEXT)), hostile), { numRuns: 500 });
    fc.assert(fc.property(jsonMutationsOf(TEXT), hostile), { numRuns: 1000 });
    fc.assert(fc.property(fc.jsonValue(), (json) => onlyCodedErrors(() => parseBundle(json as never))));
  });
});

describe('formatBundle', () => {
  it('writes version 0.3, from older versions too', () => {
    const text = formatBundle(withEntry({}, '0.2'));
    assert.equal(parseBundle(text).version, '0.3');
    assert.equal(formatBundle(parseBundle(text)), text);
    assert.equal(JSON.parse(text).verificationMaterial.tlogEntries[0].logIndex, '7');
    assert.equal(
      codeOf(() => formatBundle(withEntry({ inclusionProof: undefined }, '0.1'))),
      'bundle_format',
    );
  });

  it('keeps a message signature with its digest', () => {
    const messageSignature = { messageDigest: { algorithm: 'SHA2_256', digest: hash }, signature: 'AAAA' };
    const text = formatBundle(parse({ dsseEnvelope: undefined, messageSignature }));
    assert.deepEqual(JSON.parse(text).messageSignature, messageSignature);
  });
});
