import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { X509Certificate as SigstoreCertificate } from '@sigstore/core';
import { fromHex, toHex } from '../bytes/index.ts';
import { spkiOf } from '../crypto.ts';
import { isCoded } from '../errors.ts';
import {
  buildIntermediateCertificate,
  buildRootCertificate,
  buildSigningTbs,
  type CertificateFrame,
  encodeName,
  issuerFrom,
  keyIdentifierOf,
  type SanIdentity,
  serialFrom,
  signCertificate,
} from './build-certificate.ts';
import { parseCertificate, verifyIssuedBy } from './certificate.ts';
import { fulcioExtensionValues } from './fulcio-extensions.ts';
import { formatPem } from './pem-writer.ts';

const OPENSSL = '/usr/bin/openssl';
const noOpenssl =
  existsSync(OPENSSL) || process.env['WAYBILL_REQUIRE_PEERS'] ? false : `${OPENSSL} is not installed`;
const NOW = new Date('2026-03-01T12:00:00.700Z');
const plus = (ms: number) => new Date(NOW.getTime() + ms);
const TEN_MINUTES_MS = 600_000;
const YEAR_MS = 365 * 86_400_000;

function frame(publicKey: KeyObject, lifetimeMs: number): CertificateFrame {
  return { publicKey, serial: serialFrom(randomBytes(20)), notBefore: NOW, notAfter: plus(lifetimeMs) };
}

function makeAuthority(namedCurve = 'P-256') {
  const rootKeys = generateKeyPairSync('ec', { namedCurve });
  const keys = generateKeyPairSync('ec', { namedCurve });
  const root = buildRootCertificate({
    ...frame(rootKeys.publicKey, 10 * YEAR_MS),
    name: { organization: 'example.com', commonName: 'Example root' },
    privateKey: rootKeys.privateKey,
  });
  const intermediate = buildIntermediateCertificate({
    ...frame(keys.publicKey, 5 * YEAR_MS),
    name: { organization: 'example.com', commonName: 'Example intermediate' },
    purpose: 'code-signing',
    issuer: issuerFrom(root, rootKeys.privateKey),
  });
  return { root, intermediate, issuer: issuerFrom(intermediate, keys.privateKey) };
}

const URI: SanIdentity = { type: 'uri', value: 'http://127.0.0.1:7070/oidc/default/demo/build' };
const EXTENSIONS = { issuer: 'http://127.0.0.1:7070/oidc', tokenSubject: 'default/demo/build' };

function makeLeaf(authority: ReturnType<typeof makeAuthority>, identity = URI, publicKey = p256()) {
  const tbs = buildSigningTbs({
    ...frame(publicKey, TEN_MINUTES_MS),
    issuer: authority.issuer,
    identity,
    extensions: EXTENSIONS,
  });
  return signCertificate(tbs, authority.issuer.privateKey);
}

function p256(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
}

/** OID, critical flag, hex of the value, in the certificate's order. */
function listExtensions(der: Uint8Array): readonly string[] {
  return [...parseCertificate(der).extensions].map(
    ([oid, { critical, value }]) => `${oid}${critical ? ' critical' : ''} ${toHex(value)}`,
  );
}

describe('buildSigningTbs', () => {
  it('has exactly the extensions of the Fulcio profile', () => {
    const authority = makeAuthority();
    const publicKey = p256();
    const leaf = makeLeaf(authority, URI, publicKey);
    assert.deepEqual(listExtensions(leaf), [
      '2.5.29.15 critical 03020780',
      '2.5.29.37 300a06082b06010505070303',
      `2.5.29.14 0414${toHex(keyIdentifierOf(spkiOf(publicKey)))}`,
      `2.5.29.35 30168014${toHex(authority.issuer.keyIdentifier)}`,
      `2.5.29.17 critical 302f862d${Buffer.from(URI.value).toString('hex')}`,
      `1.3.6.1.4.1.57264.1.1 ${Buffer.from(EXTENSIONS.issuer).toString('hex')}`,
      `1.3.6.1.4.1.57264.1.8 0c1a${Buffer.from(EXTENSIONS.issuer).toString('hex')}`,
      `1.3.6.1.4.1.57264.1.24 0c12${Buffer.from(EXTENSIONS.tokenSubject).toString('hex')}`,
    ]);
  });

  it('is version 3 with an empty subject, a serial of 160 bits and ten minutes in whole seconds', () => {
    const certificate = parseCertificate(makeLeaf(makeAuthority()));
    assert.equal(toHex(certificate.subject), '3000');
    assert.match(certificate.serialNumber, /^[4-7][0-9a-f]{39}$/);
    assert.equal(certificate.notBefore.toISOString(), '2026-03-01T12:00:00.000Z');
    assert.equal(certificate.notAfter.toISOString(), '2026-03-01T12:10:00.000Z');
  });

  it('names e-mail addresses and user names in their own forms', () => {
    const authority = makeAuthority();
    const names = (identity: SanIdentity) =>
      parseCertificate(makeLeaf(authority, identity)).subjectAlternativeNames;
    assert.deepEqual(names({ type: 'email', value: 'dev@example.com' }), [
      { type: 'email', value: 'dev@example.com' },
    ]);
    assert.deepEqual(names({ type: 'username', value: 'dev!example.com' }), [
      { type: 'other-name', oid: '1.3.6.1.4.1.57264.1.7', value: 'dev!example.com' },
    ]);
  });

  it('refuses names that readers could take for other names', () => {
    const authority = makeAuthority();
    const refused: readonly SanIdentity[] = [
      { type: 'uri', value: 'https://example.com/\0evil' },
      { type: 'uri', value: 'https://exämple.com/' },
      { type: 'uri', value: 'no scheme' },
      { type: 'email', value: 'a@example.com b@example.com' },
      { type: 'username', value: '' },
    ];
    for (const identity of refused) {
      assert.throws(
        () => makeLeaf(authority, identity),
        (error) => isCoded(error, 'x509_build_invalid'),
      );
    }
  });

  it('is issued by RSA, P-256 and P-384 authorities to every key type of the profile', () => {
    for (const curve of ['P-256', 'P-384']) {
      const authority = makeAuthority(curve);
      const subjects = [
        p256(),
        generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey,
        generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey,
        generateKeyPairSync('ed25519').publicKey,
      ];
      for (const publicKey of subjects) {
        const leaf = parseCertificate(makeLeaf(authority, URI, publicKey));
        assert.equal(leaf.publicKey.equals(publicKey), true);
        assert.equal(verifyIssuedBy(leaf, parseCertificate(authority.intermediate)), true);
      }
    }
  });

  it('refuses serial numbers that are short, negative or start with zero', () => {
    const authority = makeAuthority();
    for (const serial of [new Uint8Array(20), new Uint8Array(19).fill(1), new Uint8Array(20).fill(0x80)]) {
      const input = { issuer: authority.issuer, identity: URI, extensions: EXTENSIONS };
      assert.throws(
        () => buildSigningTbs({ ...frame(p256(), TEN_MINUTES_MS), ...input, serial }),
        (error) => isCoded(error, 'x509_build_invalid'),
      );
    }
  });
});

describe('buildRootCertificate, buildIntermediateCertificate', () => {
  it('makes a root without extended key usage and an intermediate that is confined', () => {
    const authority = makeAuthority();
    const root = parseCertificate(authority.root);
    assert.deepEqual([root.isCa, root.pathLength, root.extendedKeyUsage], [true, null, null]);
    assert.deepEqual([...(root.keyUsage ?? [])], ['keyCertSign', 'crlSign']);
    assert.equal(root.subjectText, 'O=example.com, CN=Example root');
    const intermediate = parseCertificate(authority.intermediate);
    assert.deepEqual([intermediate.isCa, intermediate.pathLength], [true, 0]);
    assert.deepEqual(intermediate.extendedKeyUsage, ['1.3.6.1.5.5.7.3.3']);
    assert.deepEqual(intermediate.authorityKeyIdentifier, root.subjectKeyIdentifier);
  });

  it('refuses names without organization or common name', () => {
    assert.throws(
      () => encodeName({ organization: '', commonName: 'x' }),
      (error) => isCoded(error, 'x509_build_invalid'),
    );
  });
});

describe('the chain in the eyes of others', () => {
  it('passes openssl verify with strict checks and fails under another root', { skip: noOpenssl }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'waybill-x509-'));
    try {
      const authority = makeAuthority();
      const write = (name: string, der: Uint8Array) => {
        writeFileSync(join(folder, name), formatPem('CERTIFICATE', der));
        return join(folder, name);
      };
      const leaf = write('leaf.pem', makeLeaf(authority));
      const intermediate = write('intermediate.pem', authority.intermediate);
      const verify = (root: string) =>
        execFileSync(
          OPENSSL,
          [
            'verify',
            '-x509_strict',
            '-purpose',
            'any',
            '-attime',
            String(Math.floor(plus(60_000).getTime() / 1000)),
            '-CAfile',
            root,
            '-untrusted',
            intermediate,
            leaf,
          ],
          { stdio: 'pipe' },
        ).toString();
      assert.match(verify(write('root.pem', authority.root)), /OK/);
      const stranger = write('stranger.pem', makeAuthority().root);
      assert.throws(() => verify(stranger));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is read alike by node:crypto and @sigstore/core', () => {
    const authority = makeAuthority();
    const leaf = makeLeaf(authority);
    const issuer = new X509Certificate(authority.intermediate);
    assert.equal(new X509Certificate(leaf).checkIssued(issuer), true);
    const theirs = SigstoreCertificate.parse(Buffer.from(leaf));
    assert.equal(theirs.subjectAltName, URI.value);
    assert.equal(theirs.extSubjectAltName?.uri, URI.value);
    assert.equal(theirs.extSubjectAltName?.critical, true);
    assert.equal(theirs.verify(SigstoreCertificate.parse(Buffer.from(authority.intermediate))), true);
  });
});

const VECTORS = join(process.env['WAYBILL_SHARED'] ?? '../shared', 'vectors/fulcio-identity/cases.json');

describe('fulcioExtensionValues', () => {
  it('leaves out what the token does not say and never repeats a number', () => {
    const values = fulcioExtensionValues({ issuer: 'i', githubWorkflowSha: 's', buildTrigger: 'push' });
    assert.deepEqual(
      values.map(({ oid, value }) => [oid.split('.').at(-1), toHex(value)]),
      [
        ['1', '69'],
        ['3', '73'],
        ['8', '0c0169'],
        ['20', '0c0470757368'],
      ],
    );
  });

  it('encodes names as Fulcio does', {
    skip: existsSync(VECTORS) || process.env['WAYBILL_REQUIRE_PEERS'] ? false : `${VECTORS} is absent`,
  }, () => {
    const cases = JSON.parse(readFileSync(VECTORS, 'utf8')) as readonly {
      readonly wantSAN?: { readonly type: string; readonly value: string; readonly der: string };
    }[];
    const authority = makeAuthority();
    const forms: Readonly<Record<string, SanIdentity['type']>> = {
      uri: 'uri',
      email: 'email',
      otherName: 'username',
    };
    const seen = new Map<string, string>();
    for (const { wantSAN } of cases) {
      if (wantSAN && /^[\x21-\x7e]+$/.test(wantSAN.value))
        seen.set(`${wantSAN.type} ${wantSAN.value}`, wantSAN.der);
    }
    assert.ok(seen.size > 20);
    for (const [name, der] of seen) {
      const [type, value] = name.split(' ') as [string, string];
      const identity = { type: forms[type], value } as SanIdentity;
      // A URI without a scheme is Fulcio's behaviour, not advice.
      if (type === 'uri' && !/^[a-z][a-z0-9+.-]*:./i.test(value)) continue;
      const san = parseCertificate(makeLeaf(authority, identity)).extensions.get('2.5.29.17');
      assert.deepEqual(san?.value, fromHex(der), name);
    }
  });
});

describe('signCertificate', () => {
  it('signs with the algorithm of the key, RSA included', () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const root = buildRootCertificate({
      ...frame(publicKey, YEAR_MS),
      name: { organization: 'o', commonName: 'c' },
      privateKey: createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' })),
    });
    const parsed = parseCertificate(root);
    assert.equal(parsed.signatureAlgorithm, '1.2.840.113549.1.1.11');
    assert.equal(verifyIssuedBy(parsed, parsed), true);
  });
});
