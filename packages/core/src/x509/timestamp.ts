import { equalBytes, toHex } from '../bytes/index.ts';
import { type HashName, hash, type KeyObject, verifySignature } from '../crypto.ts';
import { CodedError } from '../errors.ts';
import { type Certificate, parseCertificate, readExtension } from './certificate.ts';
import { verifyChain } from './chain.ts';
import { contextTag, DER, DerReader, enterDer } from './der-reader.ts';
import { CMS_KEY_OIDS, EKU, HASH_OIDS, OID, SIGNATURE_OIDS } from './oids.ts';

/** An RFC 3161 timestamp token. Parsed is not verified. */
export interface Timestamp {
  readonly genTime: Date;
  /** OID. */
  readonly policy: string;
  readonly serialNumber: string;
  readonly imprint: { readonly hash: HashName; readonly digest: Uint8Array };
  /** Hex; null when the request had none. */
  readonly nonce: string | null;
  /** DER of TSTInfo: what the signed attributes hash. */
  readonly info: Uint8Array;
  readonly signer: TimestampSigner;
  /** DER of the certificates inside the token; nobody vouches for them. */
  readonly certificates: readonly Uint8Array[];
}

interface TimestampSigner {
  readonly id:
    | { readonly type: 'issuer-serial'; readonly issuer: Uint8Array; readonly serialNumber: string }
    | { readonly type: 'key-identifier'; readonly value: Uint8Array };
  readonly digestHash: HashName;
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
  /** DER of the attributes as SET OF: the signed bytes (RFC 5652 §5.4). */
  readonly signedAttributes: Uint8Array;
  readonly messageDigest: Uint8Array;
  /** ESSCertIDv2 (RFC 5816); null when absent. */
  readonly certificateHash: { readonly hash: HashName; readonly digest: Uint8Array } | null;
}

const WHAT = 'timestamp';
const MAX_TIMESTAMP_BYTES = 256 * 1024;

/** Reads a TimeStampResp (RFC 3161 §2.4.2) or a bare token. Throws `x509_der`, `x509_timestamp`. */
export function parseTimestamp(der: Uint8Array): Timestamp {
  if (der.length > MAX_TIMESTAMP_BYTES)
    throw fault(`${der.length} bytes, the limit is ${MAX_TIMESTAMP_BYTES}`);
  const outer = enterDer(der, DER.sequence, WHAT);
  if (outer.peek() === DER.oid) return readContentInfo(outer);
  const status = outer.sequence().smallInteger();
  // 0 granted, 1 granted with modifications
  if (status > 1) throw fault(`the authority refused the request (status ${status})`);
  const token = outer.sequence();
  outer.end();
  return readContentInfo(token);
}

// RFC 5652 §3, §5.1
function readContentInfo(content: DerReader): Timestamp {
  if (content.oid() !== OID.signedData) throw fault('expected CMS SignedData');
  const explicit = content.enter(contextTag(0, 'constructed'));
  content.end();
  const signed = explicit.sequence();
  explicit.end();
  signed.smallInteger();
  signed.enter(DER.set);
  const info = readEncapsulated(signed.sequence());
  const certificates = signed.optionalEnter(contextTag(0, 'constructed'))?.rest(16) ?? [];
  signed.optional(contextTag(1, 'constructed'));
  const signers = signed.enter(DER.set);
  const signer = readSigner(signers.sequence());
  signers.end();
  signed.end();
  return {
    ...readInfo(info),
    info,
    signer,
    certificates: certificates.filter(({ tag }) => tag === DER.sequence).map(({ encoded }) => encoded),
  };
}

function readEncapsulated(encapsulated: DerReader): Uint8Array {
  if (encapsulated.oid() !== OID.timestampInfo) throw fault('the signed content is not a timestamp');
  const explicit = encapsulated.enter(contextTag(0, 'constructed'));
  encapsulated.end();
  const info = explicit.octetString();
  explicit.end();
  return info;
}

// RFC 3161 §2.4.2 TSTInfo
function readInfo(der: Uint8Array) {
  const info = enterDer(der, DER.sequence, WHAT);
  if (info.smallInteger() !== 1) throw fault('expected version 1');
  const policy = info.oid();
  const imprint = info.sequence();
  const hashName = readHash(imprint.sequence());
  const digest = imprint.octetString();
  imprint.end();
  const serialNumber = toHex(info.integer());
  if (info.peek() !== DER.generalizedTime) throw fault('expected a GeneralizedTime');
  const genTime = info.time();
  info.optional(DER.sequence); // accuracy
  info.optional(DER.boolean); // ordering
  const nonce = info.peek() === DER.integer ? toHex(info.integer()) : null;
  info.optional(contextTag(0, 'constructed')); // tsa: a name, unchecked by anyone
  const extensions = info.optionalEnter(contextTag(1, 'constructed'))?.rest(16) ?? [];
  info.end();
  if (extensions.some((item) => readExtension(item).critical))
    throw fault('a critical extension is not understood');
  return { policy, imprint: { hash: hashName, digest }, serialNumber, genTime, nonce };
}

function readHash(algorithm: DerReader): HashName {
  const oid = algorithm.oid();
  const name = HASH_OIDS[oid];
  if (!name) throw fault(`the hash ${oid} is not accepted: use SHA-256, SHA-384 or SHA-512`);
  return name;
}

// RFC 5652 §5.3
function readSigner(fields: DerReader): TimestampSigner {
  fields.smallInteger();
  const id = readSignerId(fields);
  const digestHash = readHash(fields.sequence());
  const attributes = fields.read(contextTag(0, 'constructed'));
  const signatureAlgorithm = fields.sequence().oid();
  const signature = fields.octetString();
  fields.optional(contextTag(1, 'constructed'));
  fields.end();
  // The signature covers the attributes under the tag SET OF, not under [0].
  const signedAttributes = Uint8Array.from(attributes.encoded);
  signedAttributes[0] = DER.set;
  return {
    id,
    digestHash,
    signatureAlgorithm,
    signature,
    signedAttributes,
    ...readAttributes(attributes.value),
  };
}

function readSignerId(fields: DerReader): TimestampSigner['id'] {
  const key = fields.optional(contextTag(0));
  if (key) return { type: 'key-identifier', value: key.value };
  const pair = fields.sequence();
  const issuer = pair.read(DER.sequence).encoded;
  const serialNumber = toHex(pair.integer());
  pair.end();
  return { type: 'issuer-serial', issuer, serialNumber };
}

function readAttributes(bytes: Uint8Array) {
  const values = new Map<string, DerReader>();
  for (const item of new DerReader(bytes, WHAT).rest(32)) {
    if (item.tag !== DER.sequence) throw fault('a signed attribute is malformed');
    const attribute = new DerReader(item.value, WHAT);
    const oid = attribute.oid();
    if (values.has(oid)) throw fault(`the signed attribute ${oid} stands twice`);
    values.set(oid, attribute.enter(DER.set));
    attribute.end();
  }
  // RFC 5652 §11.1, §11.2: both MUST be there, each with one value
  const contentType = single(values.get(OID.contentType), (reader) => reader.oid());
  if (contentType !== OID.timestampInfo) throw fault('the signed content type is not a timestamp');
  const messageDigest = single(values.get(OID.messageDigest), (reader) => reader.octetString());
  const certificateId = values.get(OID.signingCertificateV2);
  const certificateHash = certificateId ? single(certificateId, readCertificateId) : null;
  return { messageDigest, certificateHash };
}

function single<T>(set: DerReader | undefined, read: (reader: DerReader) => T): T {
  if (!set) throw fault('a signed attribute that RFC 5652 requires is missing');
  const value = read(set);
  set.end();
  return value;
}

// RFC 5035 §3: SigningCertificateV2 → the first ESSCertIDv2 is the signer's certificate
function readCertificateId(set: DerReader): { hash: HashName; digest: Uint8Array } {
  const first = set.sequence().sequence().sequence();
  const algorithm = first.optionalEnter(DER.sequence);
  return { hash: algorithm ? readHash(algorithm) : 'sha256', digest: first.octetString() };
}

/** A timestamp authority of the trusted root: `[leaf, …intermediates, root]`, or CAs only. */
export interface TimestampAuthorityChain {
  readonly certificates: readonly Certificate[];
}

/**
 * Proves that `authority` stamped `data`: imprint, signed attributes, signature, the signer's critical
 * extended key usage and its chain at the time stated. Returns that time. Throws `x509_timestamp`, `x509_chain`.
 */
export function verifyTimestamp(
  timestamp: Timestamp,
  data: Uint8Array,
  authority: TimestampAuthorityChain,
): Date {
  const { imprint, signer } = timestamp;
  if (!equalBytes(hash(imprint.hash, data), imprint.digest)) throw fault('it is about other data');
  // RFC 5652 §5.6: the attribute binds the signature to the content
  if (!equalBytes(hash(signer.digestHash, timestamp.info), signer.messageDigest)) {
    throw fault('its signature is about another timestamp');
  }
  const certificate = findSigner(timestamp, authority);
  if (!verifySignerSignature(signer, certificate.publicKey)) throw fault('its signature is not valid');
  checkStampingCertificate(certificate, signer);
  verifyChain(certificate, authority.certificates.slice(0, -1), authority.certificates.slice(-1), {
    at: timestamp.genTime,
    requiredEku: EKU.timeStamping,
  });
  return timestamp.genTime;
}

// An authority that names its own leaf stands for that leaf only; certificates in the token then count for nothing.
function findSigner(timestamp: Timestamp, authority: TimestampAuthorityChain): Certificate {
  const [first] = authority.certificates;
  const candidates =
    first && !first.isCa ? [first] : timestamp.certificates.map((der) => parseCertificate(der));
  const found = candidates.find((candidate) => isNamedBy(timestamp.signer, candidate));
  if (!found) throw fault('its signer is not this authority');
  return found;
}

function isNamedBy({ id }: TimestampSigner, certificate: Certificate): boolean {
  if (id.type === 'key-identifier') {
    return (
      certificate.subjectKeyIdentifier !== null && equalBytes(id.value, certificate.subjectKeyIdentifier)
    );
  }
  return id.serialNumber === certificate.serialNumber && equalBytes(id.issuer, certificate.issuer);
}

function verifySignerSignature(signer: TimestampSigner, key: KeyObject): boolean {
  const scheme = SIGNATURE_OIDS[signer.signatureAlgorithm];
  const keyType = scheme?.keyType ?? CMS_KEY_OIDS[signer.signatureAlgorithm];
  if (keyType === undefined || keyType !== key.asymmetricKeyType) return false;
  const hashName = scheme ? scheme.hash : signer.digestHash;
  return verifySignature(key, signer.signedAttributes, signer.signature, hashName);
}

function checkStampingCertificate(certificate: Certificate, signer: TimestampSigner): void {
  // RFC 3161 §2.3: one extended key usage, critical
  const isOnlyStamping =
    certificate.extendedKeyUsage?.length === 1 &&
    certificate.extendedKeyUsage[0] === EKU.timeStamping &&
    certificate.extensions.get(OID.extendedKeyUsage)?.critical === true;
  if (!isOnlyStamping) throw fault('its certificate is not made for timestamps alone');
  const named = signer.certificateHash;
  if (named && !equalBytes(hash(named.hash, certificate.der), named.digest)) {
    throw fault('it names another certificate than the one that signed');
  }
}

function fault(problem: string): CodedError<'x509_timestamp'> {
  return new CodedError('x509_timestamp', `timestamp refused: ${problem}`);
}
