/** X.509 certificates and requests, as Go's crypto/x509 reads them. */
import { spend } from '../../values/meter.ts';
import type { PublicKey } from './cryptography.ts';
import { DerError, DerReader, TAG } from './der.ts';
import { type Extension, type KnownExtensions, parseExtensions, readExtensions } from './extensions.ts';
import { parseSpki } from './keys.ts';
import { type Name, parseName } from './names.ts';

/** What both hold. */
export interface SignedObject {
  readonly raw: Uint8Array;
  /** What is signed. */
  readonly rawToBeSigned: Uint8Array;
  readonly rawSpki: Uint8Array;
  readonly rawSubject: Uint8Array;
  readonly subject: Name;
  /** Absent where the key has an algorithm that is not known here. */
  readonly publicKey: PublicKey | undefined;
  readonly signatureOid: string;
  /** The parameters of the signature's algorithm: of RSA-PSS, they say which hash. */
  readonly signatureParameters: Uint8Array;
  readonly signature: Uint8Array;
  readonly version: number;
  readonly extensions: readonly Extension[];
  readonly known: KnownExtensions;
}

export interface Certificate extends SignedObject {
  readonly serialNumber: bigint;
  readonly rawIssuer: Uint8Array;
  readonly issuer: Name;
  /** Seconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Certificates one behind another. */
export function parseCertificates(der: Uint8Array): Certificate[] {
  const reader = new DerReader(der);
  const certificates: Certificate[] = [];
  while (!reader.isAtEnd) {
    const raw = outer(reader);
    spend(raw.length >> 4);
    certificates.push(parseCertificate(raw));
  }
  return certificates;
}

function outer(reader: DerReader): Uint8Array {
  try {
    return reader.expect(TAG.sequence).raw;
  } catch (error) {
    if (error instanceof DerError) throw new DerError('x509: malformed certificate');
    throw error;
  }
}

/** RFC 5280 §4.1. */
export function parseCertificate(der: Uint8Array): Certificate {
  const certificate = DerReader.of(der);
  const toBeSigned = certificate.expect(TAG.sequence);
  const signed = parseSignature(certificate);
  const fields = new DerReader(toBeSigned.contents);
  const versionField = fields.optional(0xa0);
  const version = versionField === undefined ? 0 : Number(new DerReader(versionField.contents).integer());
  const serialNumber = fields.integer();
  fields.expect(TAG.sequence);
  const rawIssuer = fields.expect(TAG.sequence).raw;
  const validity = fields.enter();
  const [notBefore, notAfter] = [parseTime(validity), parseTime(validity)];
  const rawSubject = fields.expect(TAG.sequence).raw;
  const rawSpki = fields.expect(TAG.sequence).raw;
  fields.optional(0x81);
  fields.optional(0x82);
  const extensionsField = fields.optional(0xa3);
  const extensions = extensionsField === undefined ? [] : parseExtensions(extensionsField.contents);
  return {
    ...signed,
    raw: der,
    rawToBeSigned: toBeSigned.raw,
    rawSpki,
    rawSubject,
    subject: parseName(rawSubject),
    publicKey: knownKey(rawSpki),
    version: version + 1,
    extensions,
    known: readExtensions(extensions),
    serialNumber,
    rawIssuer,
    issuer: parseName(rawIssuer),
    notBefore,
    notAfter,
  };
}

/** RFC 2986 §4. */
export function parseRequest(der: Uint8Array): SignedObject {
  const request = DerReader.of(der);
  const toBeSigned = request.expect(TAG.sequence);
  const signed = parseSignature(request);
  const fields = new DerReader(toBeSigned.contents);
  const version = Number(fields.integer());
  const rawSubject = fields.expect(TAG.sequence).raw;
  const rawSpki = fields.expect(TAG.sequence).raw;
  const attributes = fields.optional(0xa0);
  const extensions = attributes === undefined ? [] : requestedExtensions(attributes.contents);
  return {
    ...signed,
    raw: der,
    rawToBeSigned: toBeSigned.raw,
    rawSpki,
    rawSubject,
    subject: parseName(rawSubject),
    publicKey: knownKey(rawSpki),
    version,
    extensions,
    known: readExtensions(extensions),
  };
}

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

function requestedExtensions(attributes: Uint8Array): readonly Extension[] {
  const reader = new DerReader(attributes);
  while (!reader.isAtEnd) {
    const attribute = reader.enter();
    if (attribute.oid() === EXTENSION_REQUEST) return parseExtensions(attribute.enter(TAG.set).rest);
  }
  return [];
}

type SignatureFields = Pick<SignedObject, 'signatureOid' | 'signatureParameters' | 'signature'>;

function parseSignature(reader: DerReader): SignatureFields {
  const algorithm = reader.enter();
  const signatureOid = algorithm.oid();
  return { signatureOid, signatureParameters: algorithm.rest, signature: reader.bits() };
}

function knownKey(spki: Uint8Array): PublicKey | undefined {
  try {
    return parseSpki(spki);
  } catch (error) {
    if (error instanceof DerError && error.message === 'unknown public key algorithm') return undefined;
    throw error;
  }
}

/** RFC 5280 §4.1.2.5: two digits of a year from 50 on are of the last century. */
function parseTime(reader: DerReader): number {
  const { tag, contents } = reader.next();
  // No time is longer; and arguments, which the bytes become here, have a limit.
  const text = String.fromCharCode(...contents.subarray(0, 32));
  const shape =
    tag === TAG.utcTime
      ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?Z$/
      : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
  const found = shape.exec(text);
  if (found === null || (tag !== TAG.utcTime && tag !== TAG.generalizedTime)) {
    throw new DerError('unsupported time format');
  }
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = found
    .slice(1)
    .map((part: string | undefined) => Number(part ?? 0));
  const full = tag === TAG.generalizedTime ? year : year >= 50 ? 1900 + year : 2000 + year;
  return Date.UTC(full, month - 1, day, hour, minute, second) / 1000;
}
