import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { spkiOf } from '@waybill/core/crypto';
import {
  buildIntermediateCertificate,
  buildRootCertificate,
  buildTimestampCertificate,
  type CertificateFrame,
  issuerFrom,
  serialFrom,
} from '@waybill/core/x509';
import type { Config } from '../ground/index.ts';
import type { AuthorityKind } from './queries.ts';

/** A fresh authority, its private keys not yet sealed. */
export interface NewAuthority {
  readonly kind: AuthorityKind;
  readonly chain: readonly Uint8Array[];
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
  readonly rootPrivateKey: KeyObject;
  readonly validFrom: Date;
  readonly validUntil: Date;
}

/** Keys of the certificate authority. */
export type CaKey = Config['caKey'];

export interface AuthorityBirth {
  /** Organization in the subjects; it tells installations apart. */
  readonly organization: string;
  readonly now: Date;
  /** Of the certificate authority, root and intermediate; timestamps are signed with P-256. */
  readonly caKey: CaKey;
  readonly randomBytes: (sizeBytes: number) => Uint8Array;
}

const ROOT_YEARS = 10;
const SIGNER_YEARS = 5;

/** Root and intermediate that issue signing certificates. */
export function makeCertificateAuthority(birth: AuthorityBirth): NewAuthority {
  const root = makeRoot(birth, { commonName: 'Waybill root', keys: makeKeys(birth.caKey) });
  const keys = makeKeys(birth.caKey);
  const frame = frameOf(birth, keys.publicKey, SIGNER_YEARS);
  const intermediate = buildIntermediateCertificate({
    ...frame,
    name: { organization: birth.organization, commonName: 'Waybill intermediate' },
    purpose: 'code-signing',
    issuer: issuerFrom(root.certificate, root.privateKey),
  });
  return chained('certificate-authority', [intermediate, root.certificate], { keys, root, frame });
}

/** Root of its own and the certificate that signs timestamps. */
export function makeTimestampAuthority(birth: AuthorityBirth): NewAuthority {
  const root = makeRoot(birth, { commonName: 'Waybill timestamp root', keys: makeKeys('p256') });
  const keys = makeKeys('p256');
  const frame = frameOf(birth, keys.publicKey, SIGNER_YEARS);
  const signer = buildTimestampCertificate({
    ...frame,
    name: { organization: birth.organization, commonName: 'Waybill timestamps' },
    issuer: issuerFrom(root.certificate, root.privateKey),
  });
  return chained('timestamp-authority', [signer, root.certificate], { keys, root, frame });
}

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** RSA as NIST SP 800-57 wants it beyond 2030; P-384 costs ten times what P-256 does for each certificate. */
const KEY_MAKERS: Readonly<Record<CaKey, () => KeyPair>> = {
  p256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  rsa3072: () => generateKeyPairSync('rsa', { modulusLength: 3072 }),
};

function makeKeys(caKey: CaKey): KeyPair {
  return KEY_MAKERS[caKey]();
}

function makeRoot(
  birth: AuthorityBirth,
  { commonName, keys }: { readonly commonName: string; readonly keys: KeyPair },
) {
  const certificate = buildRootCertificate({
    ...frameOf(birth, keys.publicKey, ROOT_YEARS),
    name: { organization: birth.organization, commonName },
    privateKey: keys.privateKey,
  });
  return { certificate, privateKey: keys.privateKey };
}

function frameOf(birth: AuthorityBirth, publicKey: KeyObject, years: number): CertificateFrame {
  const notAfter = new Date(birth.now);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + years);
  return { publicKey, serial: serialFrom(birth.randomBytes(20)), notBefore: birth.now, notAfter };
}

function chained(
  kind: AuthorityKind,
  chain: readonly Uint8Array[],
  made: {
    readonly keys: KeyPair;
    readonly root: { readonly privateKey: KeyObject };
    readonly frame: CertificateFrame;
  },
): NewAuthority {
  return {
    kind,
    chain,
    publicKey: spkiOf(made.keys.publicKey),
    privateKey: made.keys.privateKey,
    rootPrivateKey: made.root.privateKey,
    validFrom: wholeSeconds(made.frame.notBefore),
    validUntil: wholeSeconds(made.frame.notAfter),
  };
}

/** As the certificate states it. */
function wholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}
