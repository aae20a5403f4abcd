/**
 * X.509 v3 certificates of the four kinds that the trust services need (RFC 5280; Fulcio
 * docs/certificate-specification.md). Serial numbers, times and keys are arguments.
 */
import { utf8 } from '../bytes/index.ts';
import { type KeyObject, sha256, signWith, spkiOf } from '../crypto.ts';
import { CodedError } from '../errors.ts';
import { parseCertificate } from './certificate.ts';
import { contextTag, DER, derFault, enterDer } from './der-reader.ts';
import {
  derBitString,
  derBoolean,
  derExplicit,
  derImplicit,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derTime,
  derTlv,
  derUtf8String,
} from './der-writer.ts';
import { type FulcioExtensions, fulcioExtensionValues } from './fulcio-extensions.ts';
import { EKU, OID } from './oids.ts';
import { signatureAlgorithmOf } from './signature-algorithm.ts';

export interface CertificateName {
  readonly organization: string;
  readonly commonName: string;
}

/** The one subject alternative name of a signing certificate. `username` is OtherName 1.3.6.1.4.1.57264.1.7. */
export type SanIdentity =
  | { readonly type: 'email'; readonly value: string }
  | { readonly type: 'uri'; readonly value: string }
  | { readonly type: 'username'; readonly value: string };

/** Who signs: key, and name and key identifier as its own certificate has them. */
export interface CertificateIssuer {
  readonly nameDer: Uint8Array;
  readonly keyIdentifier: Uint8Array;
  readonly privateKey: KeyObject;
}

/** Serial: 20 octets, positive, from a random source. Times count in whole seconds, the end is inclusive. */
export interface CertificateFrame {
  readonly publicKey: KeyObject;
  readonly serial: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

type Purpose = 'code-signing' | 'time-stamping';

const PURPOSE_OIDS: Readonly<Record<Purpose, string>> = {
  'code-signing': EKU.codeSigning,
  'time-stamping': EKU.timeStamping,
};

/** Key usage bits: digitalSignature is bit 0, keyCertSign 5, cRLSign 6 (RFC 5280 §4.2.1.3). */
const DIGITAL_SIGNATURE = extension(OID.keyUsage, derBitString(Uint8Array.of(0x80), 7), true);
const CERT_AND_CRL_SIGN = extension(OID.keyUsage, derBitString(Uint8Array.of(0x06), 1), true);

/** A self-signed root: CA, no extended key usage. */
export function buildRootCertificate(
  frame: CertificateFrame & { readonly name: CertificateName; readonly privateKey: KeyObject },
): Uint8Array {
  const nameDer = encodeName(frame.name);
  const tbs = encodeTbs(
    { ...frame, issuerNameDer: nameDer, subjectNameDer: nameDer, signer: frame.privateKey },
    (keyIdentifier) => [
      CERT_AND_CRL_SIGN,
      extension(OID.basicConstraints, derSequence(derBoolean(true)), true),
      subjectKeyExtension(keyIdentifier),
    ],
  );
  return signCertificate(tbs, frame.privateKey);
}

/** An intermediate: CA, path length 0, for one purpose only. */
export function buildIntermediateCertificate(
  frame: CertificateFrame & {
    readonly name: CertificateName;
    readonly purpose: Purpose;
    readonly issuer: CertificateIssuer;
  },
): Uint8Array {
  const tbs = encodeTbs(issued(frame, encodeName(frame.name)), (keyIdentifier) => [
    CERT_AND_CRL_SIGN,
    purposeExtension(frame.purpose, false),
    extension(OID.basicConstraints, derSequence(derBoolean(true), derInteger(0)), true),
    subjectKeyExtension(keyIdentifier),
    authorityKeyExtension(frame.issuer.keyIdentifier),
  ]);
  return signCertificate(tbs, frame.issuer.privateKey);
}

/** The certificate that signs timestamps: RFC 3161 §2.3 wants the single purpose, and it critical. */
export function buildTimestampCertificate(
  frame: CertificateFrame & { readonly name: CertificateName; readonly issuer: CertificateIssuer },
): Uint8Array {
  const tbs = encodeTbs(issued(frame, encodeName(frame.name)), (keyIdentifier) => [
    DIGITAL_SIGNATURE,
    purposeExtension('time-stamping', true),
    subjectKeyExtension(keyIdentifier),
    authorityKeyExtension(frame.issuer.keyIdentifier),
  ]);
  return signCertificate(tbs, frame.issuer.privateKey);
}

export interface SigningCertificateInput extends CertificateFrame {
  readonly issuer: CertificateIssuer;
  readonly identity: SanIdentity;
  readonly extensions: FulcioExtensions;
}

/**
 * TBSCertificate of a signing certificate. Without `sctList` it is what a CT log signs (RFC 6962 §3.2);
 * with it, the same bytes and the list as last extension: what the certificate authority signs.
 */
export function buildSigningTbs(input: SigningCertificateInput, sctList?: Uint8Array): Uint8Array {
  const tbs = encodeTbs(issued(input, derSequence()), (keyIdentifier) => [
    DIGITAL_SIGNATURE,
    purposeExtension('code-signing', false),
    subjectKeyExtension(keyIdentifier),
    authorityKeyExtension(input.issuer.keyIdentifier),
    // RFC 5280 §4.2.1.6: critical, as the subject is empty.
    extension(OID.subjectAlternativeName, subjectAlternativeName(input.identity), true),
    ...fulcioExtensionValues(input.extensions).map(({ oid, value }) => extension(oid, value, false)),
  ]);
  return sctList === undefined ? tbs : embedSctList(tbs, sctList);
}

/** Adds the SCT list as last extension and leaves every other octet as it is. */
export function embedSctList(tbs: Uint8Array, sctList: Uint8Array): Uint8Array {
  return addExtension(tbs, extension(OID.sctList, sctList, false));
}

/** RFC 6962 §3.1: the critical extension that keeps a precertificate from ever being taken for a certificate. */
function addPoison(tbs: Uint8Array): Uint8Array {
  return addExtension(tbs, extension(OID.precertificatePoison, derNull(), true));
}

/** By the authority over the precertificate of this TBSCertificate (without its SCT list). */
export function signPrecertificate(tbs: Uint8Array, privateKey: KeyObject): Uint8Array {
  return signWith(privateKey, addPoison(tbs));
}

/** The precertificate that has this signature. Throws `x509_der`. */
export function precertificateWith(tbs: Uint8Array, signature: Uint8Array): Uint8Array {
  const fields = enterDer(tbs, DER.sequence, 'certificate').rest(16);
  // RFC 5280 §4.1.2.3: the algorithm stands inside the TBSCertificate too.
  const algorithm = fields.filter(({ tag }) => tag === DER.sequence)[0];
  if (algorithm === undefined) throw derFault('certificate', 'names no signature algorithm');
  return derSequence(addPoison(tbs), algorithm.encoded, derBitString(signature));
}

function addExtension(tbs: Uint8Array, added: Uint8Array): Uint8Array {
  const fields = enterDer(tbs, DER.sequence, 'certificate').rest(16);
  const parts = fields.map(({ tag, value, encoded }) => {
    if (tag !== contextTag(3, 'constructed')) return encoded;
    const present = enterDer(value, DER.sequence, 'certificate').rest(128);
    return derExplicit(3, derSequence(...present.map((item) => item.encoded), added));
  });
  return derSequence(...parts);
}

/** Signs a TBSCertificate with the algorithm that goes with the key. */
export function signCertificate(tbs: Uint8Array, privateKey: KeyObject): Uint8Array {
  return derSequence(tbs, signatureAlgorithmOf(privateKey), derBitString(signWith(privateKey, tbs)));
}

/** RFC 7093 §2 method 1: the leftmost 160 bits of SHA-256 over the key's bits. */
export function keyIdentifierOf(spki: Uint8Array): Uint8Array {
  const fields = enterDer(spki, DER.sequence, 'public key');
  fields.read(DER.sequence);
  return sha256(fields.bitString()).subarray(0, 20);
}

/** The issuer that a certificate authority's certificate and private key make together. */
export function issuerFrom(certificateDer: Uint8Array, privateKey: KeyObject): CertificateIssuer {
  const { subject, subjectKeyIdentifier, spki } = parseCertificate(certificateDer);
  return {
    nameDer: subject,
    keyIdentifier: subjectKeyIdentifier ?? keyIdentifierOf(spki),
    privateKey,
  };
}

/**
 * 160 random bits to a serial number of exactly 20 octets: positive (top bit clear) and without a leading
 * zero octet (next bit set), which RFC 5280 §4.1.2.2 and readers that compare raw octets both accept.
 */
export function serialFrom(random: Uint8Array): Uint8Array {
  if (random.length !== 20) throw invalid(`a serial number needs 20 random octets, found ${random.length}`);
  const serial = Uint8Array.from(random);
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
  return serial;
}

function issued(
  frame: CertificateFrame & { readonly issuer: CertificateIssuer },
  subjectNameDer: Uint8Array,
): Tbs {
  return { ...frame, subjectNameDer, issuerNameDer: frame.issuer.nameDer, signer: frame.issuer.privateKey };
}

interface Tbs extends CertificateFrame {
  readonly issuerNameDer: Uint8Array;
  readonly subjectNameDer: Uint8Array;
  readonly signer: KeyObject;
}

function encodeTbs(tbs: Tbs, extensions: (keyIdentifier: Uint8Array) => readonly Uint8Array[]): Uint8Array {
  checkFrame(tbs);
  const spki = spkiOf(tbs.publicKey);
  return derSequence(
    derExplicit(0, derInteger(2)),
    derInteger(tbs.serial),
    signatureAlgorithmOf(tbs.signer),
    tbs.issuerNameDer,
    derSequence(derTime(tbs.notBefore), derTime(tbs.notAfter)),
    tbs.subjectNameDer,
    spki,
    derExplicit(3, derSequence(...extensions(keyIdentifierOf(spki)))),
  );
}

function checkFrame({ serial, notBefore, notAfter }: CertificateFrame): void {
  const top = serial[0] ?? 0;
  if (serial.length !== 20 || top === 0 || top >= 0x80) {
    throw invalid('a serial number needs 20 octets, positive, the first one not zero: use serialFrom');
  }
  if (!(notAfter.getTime() > notBefore.getTime())) {
    throw invalid('a certificate must end after it starts');
  }
}

function extension(oid: string, value: Uint8Array, critical: boolean): Uint8Array {
  // DEFAULT FALSE: DER leaves it out.
  return critical
    ? derSequence(derOid(oid), derBoolean(true), derOctetString(value))
    : derSequence(derOid(oid), derOctetString(value));
}

function purposeExtension(purpose: Purpose, critical: boolean): Uint8Array {
  return extension(OID.extendedKeyUsage, derSequence(derOid(PURPOSE_OIDS[purpose])), critical);
}

function subjectKeyExtension(keyIdentifier: Uint8Array): Uint8Array {
  return extension(OID.subjectKeyIdentifier, derOctetString(keyIdentifier), false);
}

function authorityKeyExtension(keyIdentifier: Uint8Array): Uint8Array {
  return extension(OID.authorityKeyIdentifier, derSequence(derImplicit(0, keyIdentifier)), false);
}

function subjectAlternativeName(identity: SanIdentity): Uint8Array {
  switch (identity.type) {
    case 'email':
      return derSequence(derImplicit(1, ascii(identity.value, 'e-mail address', /^[^\s@]+@[^\s@]+$/)));
    case 'uri':
      return derSequence(derImplicit(6, ascii(identity.value, 'URI', /^[A-Za-z][A-Za-z0-9+.-]*:[^\s]+$/)));
    case 'username':
      if (identity.value === '') throw invalid('the username of a certificate must not be empty');
      return derSequence(
        derTlv(0xa0, derOid(OID.fulcioUsername), derExplicit(0, derUtf8String(identity.value))),
      );
  }
}

/** IA5String: a character beyond ASCII, or a control character, would be read differently by each reader. */
function ascii(text: string, what: string, form: RegExp): Uint8Array {
  if (!/^[\x21-\x7e]+$/.test(text) || !form.test(text)) {
    throw invalid(`expected a printable ASCII ${what} for the certificate, found ${JSON.stringify(text)}`);
  }
  return utf8(text);
}

/** RDNSequence with organization before common name, each an RDN of its own. */
export function encodeName(name: CertificateName): Uint8Array {
  const attributes: readonly [string, string][] = [
    ['2.5.4.10', name.organization],
    ['2.5.4.3', name.commonName],
  ];
  for (const [, text] of attributes) {
    // RFC 5280 appendix A: ub-organization-name and ub-common-name are 64 characters.
    if (text === '' || text.length > 64) {
      throw invalid(`organization and common name take 1 to 64 characters, found ${JSON.stringify(text)}`);
    }
  }
  return derSequence(
    ...attributes.map(([oid, text]) => derSetOf(derSequence(derOid(oid), derUtf8String(text)))),
  );
}

function invalid(message: string): CodedError<'x509_build_invalid'> {
  return new CodedError('x509_build_invalid', message);
}
