/** Entries as the log of a large organisation has them: each with a certificate of its own, of few signers most. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { digestOf } from '@waybill/core/digest';
import type { HashedRekord } from '@waybill/core/tlog';
import {
  buildRootCertificate,
  buildSigningTbs,
  type CertificateIssuer,
  issuerFrom,
  signCertificate,
} from '@waybill/core/x509';

const SIGNERS = 1000;
/** Signed by all that a release has, an image, its SBOM and its provenance. */
const SIGNATURES_PER_ARTIFACT = 3;
/** The first entries are of an issuer that was given up soon: what it signed lies far from where a search begins. */
const EARLY_ENTRIES = 400;
const EARLY_ISSUER = 'https://ci.retired.example';
const ISSUERS = [
  'https://token.actions.githubusercontent.com',
  'https://gitlab.example',
  'https://accounts.example/oauth2/default',
  'https://oidc.example/id/0123456789ABCDEF',
];
const SERIAL = Buffer.from('Abench serial number');

export interface MadeEntry {
  readonly rekord: HashedRekord;
  readonly facts: {
    readonly artifactDigest: string;
    readonly signer: string;
    readonly issuer: string;
    readonly certificateFingerprint: string;
  };
}

interface Template {
  readonly certificate: Buffer;
  readonly serialAt: number;
  readonly signer: string;
  readonly issuer: string;
}

/** Bytes are as long as real ones. The signatures are none: the log trusts its callers to have verified what they bring. */
export function entryMaker(): (at: number) => MadeEntry {
  const authority = makeAuthority();
  const early = makeTemplate(authority, EARLY_ISSUER, 0);
  const templates = Array.from({ length: SIGNERS }, (_, number) =>
    makeTemplate(authority, ISSUERS[Math.floor(ISSUERS.length * (number / SIGNERS) ** 2)] ?? '', number),
  );
  return (at) => {
    const chance = sha512(`entry ${at}`);
    const place = (chance.readUInt32BE(0) / 2 ** 32) ** 3;
    const template = at < EARLY_ENTRIES ? early : templates[Math.floor(SIGNERS * place)];
    if (template === undefined) throw new RangeError(`no signer for entry ${at}`);
    const certificate = Buffer.from(template.certificate);
    chance.copy(certificate, template.serialAt + 1, 0, SERIAL.length - 1);
    const digest = sha256(`artifact ${Math.floor(at / SIGNATURES_PER_ARTIFACT)}`);
    return {
      rekord: {
        digest,
        signature: Buffer.concat([chance, certificate.subarray(0, 7)]),
        verifier: { certificate },
        keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      },
      facts: {
        artifactDigest: `sha256:${digest.toString('hex')}`,
        signer: template.signer,
        issuer: template.issuer,
        certificateFingerprint: digestOf(certificate),
      },
    };
  };
}

function makeAuthority(): CertificateIssuer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = { organization: 'bench', commonName: 'bench' };
  return issuerFrom(buildRootCertificate({ ...frame(), publicKey, privateKey, name }), privateKey);
}

function makeTemplate(authority: CertificateIssuer, issuer: string, number: number): Template {
  const repository = `https://github.com/example/repository-${number}`;
  const signer = `${repository}/.github/workflows/release.yml@refs/heads/main`;
  const tbs = buildSigningTbs({
    ...frame(),
    publicKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
    issuer: authority,
    identity: { type: 'uri', value: signer },
    extensions: {
      issuer,
      buildSignerUri: signer,
      buildSignerDigest: '0123456789abcdef0123456789abcdef01234567',
      runnerEnvironment: 'github-hosted',
      sourceRepositoryUri: repository,
      sourceRepositoryRef: 'refs/heads/main',
      sourceRepositoryOwnerUri: 'https://github.com/example',
      buildTrigger: 'push',
      runInvocationUri: `${repository}/actions/runs/1234567890/attempts/1`,
    },
  });
  const certificate = Buffer.from(signCertificate(tbs, authority.privateKey));
  return { certificate, serialAt: certificate.indexOf(SERIAL), signer, issuer };
}

function frame() {
  const notBefore = new Date('2026-01-01T00:00:00Z');
  return { serial: SERIAL, notBefore, notAfter: new Date(notBefore.getTime() + 600_000) };
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
const sha512 = (text: string): Buffer => createHash('sha512').update(text).digest();
