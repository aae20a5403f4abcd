import { concat } from '../bytes/index.ts';
import { type HashName, type KeyObject, sha256, verifySignature } from '../crypto.ts';
import { type Certificate, readExtension } from './certificate.ts';
import { contextTag, DER, DerReader, derFault } from './der-reader.ts';
import { derTlv } from './der-writer.ts';
import { OID } from './oids.ts';
import { TlsReader } from './tls-reader.ts';

/** A signed certificate timestamp (RFC 6962 §3.2): a CT log's promise to publish a certificate. */
export interface Sct {
  /** SHA-256 of the log's SubjectPublicKeyInfo. */
  readonly logId: Uint8Array;
  readonly timestamp: Date;
  /** The eight octets of the timestamp as signed. */
  readonly timestampOctets: Uint8Array;
  /** CtExtensions; static CT logs put the leaf index here. */
  readonly extensions: Uint8Array;
  readonly signatureAlgorithm: number;
  readonly signature: Uint8Array;
}

const WHAT = 'SCT list';
const SHA256 = 4;
/** SignatureAlgorithm of TLS 1.2 (RFC 5246 §7.4.1.4.1) → key type; RFC 6962 §2.1.4 allows these two. */
const KEY_TYPES: Readonly<Record<number, string>> = { 1: 'rsa', 3: 'ec' };

/** The SCTs embedded in a certificate; empty without the extension. Throws `x509_der`. */
export function parseSctList(certificate: Certificate): readonly Sct[] {
  const extension = certificate.extensions.get(OID.sctList);
  if (!extension) return [];
  const reader = new DerReader(extension.value, WHAT);
  const list = new TlsReader(reader.octetString(), WHAT);
  reader.end();
  const items = new TlsReader(list.opaque(2), WHAT);
  list.end();
  const scts: Sct[] = [];
  while (!items.atEnd) {
    if (scts.length >= 16) throw derFault(WHAT, 'more than 16 SCTs');
    scts.push(parseSct(items.opaque(2)));
  }
  return scts;
}

function parseSct(bytes: Uint8Array): Sct {
  const reader = new TlsReader(bytes, WHAT);
  if (reader.number(1) !== 0) throw derFault(WHAT, 'expected an SCT of version 1');
  const logId = reader.take(32);
  const timestampOctets = reader.take(8);
  const extensions = reader.opaque(2);
  if (reader.number(1) !== SHA256) throw derFault(WHAT, 'expected a signature over SHA-256');
  const signatureAlgorithm = reader.number(1);
  const signature = reader.opaque(2);
  reader.end();
  const timestamp = new Date(Number(Buffer.from(timestampOctets).readBigUInt64BE()));
  if (Number.isNaN(timestamp.getTime())) throw derFault(WHAT, 'an SCT lies beyond any calendar');
  return { logId, timestamp, timestampOctets, extensions, signatureAlgorithm, signature };
}

/** True when the log with `logKey` signed this SCT for `certificate` as issued by `issuer`. */
export function verifySct(
  sct: Sct,
  certificate: Certificate,
  issuer: Certificate,
  logKey: KeyObject,
): boolean {
  if (KEY_TYPES[sct.signatureAlgorithm] !== logKey.asymmetricKeyType) return false;
  const tbs = precertificateTbs(certificate);
  // RFC 6962 §3.2: digitally-signed struct with a PreCert entry
  const signed = concat(
    Uint8Array.of(0, 0),
    sct.timestampOctets,
    Uint8Array.of(0, 1),
    sha256(issuer.spki),
    unsigned(tbs.length, 3),
    tbs,
    unsigned(sct.extensions.length, 2),
    sct.extensions,
  );
  const hashName: HashName = 'sha256';
  return verifySignature(logKey, signed, sct.signature, hashName);
}

/** The TBSCertificate that the log saw: without the SCT list, all other octets as they are. */
export function precertificateTbs(certificate: Certificate): Uint8Array {
  const tbs = new DerReader(certificate.tbs, 'certificate').sequence();
  const parts = tbs.rest(16).map((field) => {
    if (field.tag !== contextTag(3, 'constructed')) return field.encoded;
    const kept = new DerReader(field.value, 'certificate')
      .sequence()
      .rest(128)
      .filter((item) => readExtension(item).oid !== OID.sctList)
      .map((item) => item.encoded);
    return derTlv(field.tag, derTlv(DER.sequence, ...kept));
  });
  return derTlv(DER.sequence, ...parts);
}

function unsigned(value: number, sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, at) => (value >> (8 * (sizeBytes - 1 - at))) & 0xff);
}
