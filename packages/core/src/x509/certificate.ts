import { fromBase64, fromUtf8, toHex } from '../bytes/index.ts';
import { type KeyObject, publicKeyFrom, verifySignature } from '../crypto.ts';
import { CodedError } from '../errors.ts';
import { contextTag, DER, DerReader, type DerValue, derFault, enterDer } from './der-reader.ts';
import { readName, readSubjectAlternativeNames, type SubjectAlternativeName } from './names.ts';
import { OID, SIGNATURE_OIDS } from './oids.ts';

/** Names of RFC 5280 §4.2.1.3 that matter here, with their bit numbers. */
const KEY_USAGES = {
  digitalSignature: 0,
  keyCertSign: 5,
  crlSign: 6,
} as const;
export type KeyUsage = keyof typeof KEY_USAGES;

export interface CertificateExtension {
  readonly critical: boolean;
  /** Content of extnValue: the DER of the extension itself (Fulcio's 1–6: raw text). */
  readonly value: Uint8Array;
}

/** An X.509 certificate (RFC 5280 §4.1). Parsed is not trusted: `verifyChain` says whose it is. */
export interface Certificate {
  readonly der: Uint8Array;
  /** DER of tbsCertificate: the signed bytes. */
  readonly tbs: Uint8Array;
  /** Lower-case hex of the content octets. */
  readonly serialNumber: string;
  /** DER of the Name; compared byte by byte. */
  readonly issuer: Uint8Array;
  readonly issuerText: string;
  readonly subject: Uint8Array;
  readonly subjectText: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Read when it is first asked for, as that is half of the cost of a certificate: throws `crypto_public_key`. */
  readonly publicKey: KeyObject;
  /** DER of SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** OID. */
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
  /** By OID, in the order of the certificate. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
  readonly subjectAlternativeNames: readonly SubjectAlternativeName[];
  readonly isCa: boolean;
  /** null: not limited. */
  readonly pathLength: number | null;
  /** null: the extension is absent, every usage is allowed. */
  readonly keyUsage: ReadonlySet<KeyUsage> | null;
  /** OIDs; null: the extension is absent. */
  readonly extendedKeyUsage: readonly string[] | null;
  readonly subjectKeyIdentifier: Uint8Array | null;
  readonly authorityKeyIdentifier: Uint8Array | null;
}

const MAX_CERTIFICATE_BYTES = 256 * 1024;

/** Throws `x509_der`, `x509_certificate`. */
export function parseCertificate(der: Uint8Array): Certificate {
  if (der.length > MAX_CERTIFICATE_BYTES) {
    throw new CodedError(
      'x509_certificate',
      `certificate: ${der.length} bytes, the limit is ${MAX_CERTIFICATE_BYTES}`,
    );
  }
  const outer = enterDer(der, DER.sequence, 'certificate');
  const tbs = outer.read(DER.sequence);
  const algorithm = outer.read(DER.sequence);
  const signature = outer.bitString();
  outer.end();
  const body = readTbs(tbs.value);
  // RFC 5280 §4.1.1.2: both places must name the same algorithm, else the unsigned one could be swapped.
  if (Buffer.compare(body.algorithm.encoded, algorithm.encoded) !== 0) {
    throw new CodedError('x509_certificate', 'certificate: two different signature algorithms are named');
  }
  const { algorithm: _, extensionList, ...fields } = body;
  let publicKey: KeyObject | undefined;
  return Object.freeze({
    der,
    tbs: tbs.encoded,
    ...fields,
    signatureAlgorithm: new DerReader(algorithm.value, 'certificate').oid(),
    signature,
    extensions: extensionList,
    ...readKnownExtensions(extensionList),
    get publicKey() {
      publicKey ??= publicKeyFrom(body.spki);
      return publicKey;
    },
  });
}

function readTbs(bytes: Uint8Array) {
  const tbs = new DerReader(bytes, 'certificate');
  const version = readVersion(tbs);
  const serialNumber = toHex(tbs.integer());
  const algorithm = tbs.read(DER.sequence);
  const issuer = tbs.read(DER.sequence);
  const validity = tbs.sequence();
  const notBefore = validity.time();
  const notAfter = validity.time();
  validity.end();
  const subject = tbs.read(DER.sequence);
  const spki = tbs.read(DER.sequence).encoded;
  // issuerUniqueID and subjectUniqueID: obsolete, tolerated, unused.
  tbs.optional(contextTag(1));
  tbs.optional(contextTag(2));
  const list = tbs.optionalEnter(contextTag(3, 'constructed'));
  tbs.end();
  if (list && version !== 2) throw derFault('certificate', 'extensions need version 3');
  return {
    serialNumber,
    algorithm,
    issuer: issuer.encoded,
    issuerText: readName(issuer.value),
    subject: subject.encoded,
    subjectText: readName(subject.value),
    notBefore,
    notAfter,
    spki,
    extensionList: list ? readExtensions(list) : new Map<string, CertificateExtension>(),
  };
}

function readVersion(tbs: DerReader): number {
  const field = tbs.optionalEnter(contextTag(0, 'constructed'));
  if (!field) return 0;
  const version = field.smallInteger();
  field.end();
  if (version !== 1 && version !== 2) throw derFault('certificate', 'expected version 1, 2 or 3');
  return version;
}

function readExtensions(list: DerReader): Map<string, CertificateExtension> {
  const sequence = list.sequence();
  list.end();
  const found = new Map<string, CertificateExtension>();
  for (const { oid, critical, value } of eachExtension(sequence)) {
    if (found.has(oid)) throw derFault('certificate', `the extension ${oid} stands twice`);
    found.set(oid, { critical, value });
  }
  return found;
}

function eachExtension(sequence: DerReader) {
  return sequence.rest(128).map((item) => readExtension(item));
}

export function readExtension(item: DerValue): { oid: string } & CertificateExtension {
  if (item.tag !== DER.sequence) throw derFault('certificate', 'an extension is not a SEQUENCE');
  const fields = new DerReader(item.value, 'certificate');
  const oid = fields.oid();
  const critical = fields.peek() === DER.boolean ? fields.boolean() : false;
  const value = fields.octetString();
  fields.end();
  return { oid, critical, value };
}

function readKnownExtensions(extensions: ReadonlyMap<string, CertificateExtension>) {
  const read = <T>(oid: string, parse: (value: Uint8Array) => T, absent: T): T => {
    const extension = extensions.get(oid);
    return extension ? parse(extension.value) : absent;
  };
  return {
    ...read<{ isCa: boolean; pathLength: number | null }>(OID.basicConstraints, readBasicConstraints, {
      isCa: false,
      pathLength: null,
    }),
    subjectAlternativeNames: read<readonly SubjectAlternativeName[]>(
      OID.subjectAlternativeName,
      readSubjectAlternativeNames,
      [],
    ),
    keyUsage: read<ReadonlySet<KeyUsage> | null>(OID.keyUsage, readKeyUsage, null),
    extendedKeyUsage: read<readonly string[] | null>(OID.extendedKeyUsage, readExtendedKeyUsage, null),
    subjectKeyIdentifier: read<Uint8Array | null>(
      OID.subjectKeyIdentifier,
      (value) => whole(value, (reader) => reader.octetString()),
      null,
    ),
    authorityKeyIdentifier: read<Uint8Array | null>(
      OID.authorityKeyIdentifier,
      readAuthorityKeyIdentifier,
      null,
    ),
  };
}

function whole<T>(value: Uint8Array, read: (reader: DerReader) => T): T {
  const reader = new DerReader(value, 'certificate');
  const result = read(reader);
  reader.end();
  return result;
}

function readBasicConstraints(value: Uint8Array): { isCa: boolean; pathLength: number | null } {
  const fields = enterDer(value, DER.sequence, 'certificate');
  const isCa = fields.peek() === DER.boolean ? fields.boolean() : false;
  const pathLength = fields.peek() === DER.integer ? fields.smallInteger() : null;
  fields.end();
  return { isCa, pathLength };
}

function readKeyUsage(value: Uint8Array): ReadonlySet<KeyUsage> {
  const bits = whole(value, (reader) => reader.namedBits());
  const names = Object.keys(KEY_USAGES) as KeyUsage[];
  return new Set(names.filter((name) => bits.has(KEY_USAGES[name])));
}

function readExtendedKeyUsage(value: Uint8Array): readonly string[] {
  const list = enterDer(value, DER.sequence, 'certificate');
  const oids: string[] = [];
  while (!list.atEnd && oids.length < 64) oids.push(list.oid());
  list.end();
  return oids;
}

function readAuthorityKeyIdentifier(value: Uint8Array): Uint8Array | null {
  // authorityCertIssuer and authorityCertSerialNumber may follow; names and signatures decide anyway.
  return enterDer(value, DER.sequence, 'certificate').optional(contextTag(0))?.value ?? null;
}

/**
 * True when `issuer`'s key signed `certificate` and the names chain byte by byte. Says nothing about
 * validity or about what the issuer may do: that is `verifyChain`.
 */
export function verifyIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (Buffer.compare(certificate.issuer, issuer.subject) !== 0) return false;
  const scheme = SIGNATURE_OIDS[certificate.signatureAlgorithm];
  if (!scheme || scheme.keyType !== issuer.publicKey.asymmetricKeyType) return false;
  return verifySignature(issuer.publicKey, certificate.tbs, certificate.signature, scheme.hash);
}

/** Certificates of a PEM text in its order, at least one; text around them is ignored (RFC 7468 §5.2). */
export function parsePem(text: string): readonly Certificate[] {
  return pemBlocks(text, 'CERTIFICATE').map((der) => parseCertificate(der));
}

const MAX_PEM_BLOCKS = 64;

/** DER of every PEM block with this label. Throws `x509_pem` when there is none or one is malformed. */
export function pemBlocks(text: string, label: string): readonly Uint8Array[] {
  const begin = `-----BEGIN ${label}-----`;
  const end = `-----END ${label}-----`;
  const blocks: Uint8Array[] = [];
  let at = text.indexOf(begin);
  while (at !== -1) {
    const stop = text.indexOf(end, at);
    if (stop === -1) throw new CodedError('x509_pem', `PEM: "${begin}" without "${end}"`);
    if (blocks.length >= MAX_PEM_BLOCKS)
      throw new CodedError('x509_pem', `PEM: more than ${MAX_PEM_BLOCKS} blocks`);
    blocks.push(decodePemBody(text.slice(at + begin.length, stop)));
    at = text.indexOf(begin, stop);
  }
  if (blocks.length === 0) throw new CodedError('x509_pem', `PEM: expected "${begin}", found none`);
  return blocks;
}

function decodePemBody(body: string): Uint8Array {
  try {
    return fromBase64(body.replace(/\s+/g, ''), 'PEM');
  } catch (cause) {
    throw new CodedError('x509_pem', 'PEM: the block does not hold base64', { cause });
  }
}

/** Text of an extension value that is a DER UTF8String. */
export function utf8Extension(value: Uint8Array): string {
  return whole(value, (reader) => fromUtf8(reader.read(DER.utf8String).value, 'certificate extension'));
}
