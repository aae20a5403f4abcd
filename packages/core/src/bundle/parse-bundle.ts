import { equalBytes, Fields, fromBase64, type Json, parseJson, toHex } from '../bytes/index.ts';
import { type Digest, parseDigest } from '../digest/index.ts';
import { type Envelope, readEnvelope } from '../dsse/index.ts';
import { CodedError, isCoded } from '../errors.ts';
import { parseCertificate } from '../x509/index.ts';
import type { Bundle, BundleContent, BundleVersion, VerificationMaterial } from './bundle.ts';
import { readTlogEntry } from './parse-tlog-entry.ts';

const MEDIA_TYPES: ReadonlyMap<string, BundleVersion> = new Map([
  ['application/vnd.dev.sigstore.bundle+json;version=0.1', '0.1'],
  ['application/vnd.dev.sigstore.bundle.v0.1+json', '0.1'],
  ['application/vnd.dev.sigstore.bundle+json;version=0.2', '0.2'],
  ['application/vnd.dev.sigstore.bundle.v0.2+json', '0.2'],
  ['application/vnd.dev.sigstore.bundle+json;version=0.3', '0.3'],
  ['application/vnd.dev.sigstore.bundle.v0.3+json', '0.3'],
]);

const MAX_BUNDLE_BYTES = 32 * 1024 * 1024;
const MAX_LIST_LENGTH = 32;

export interface BundleOptions {
  /**
   * Leave out root certificates in the chain instead of refusing the bundle, for archives of 2023 (npm wrote
   * them into version 0.1). Safe: certificates beside the signer's own are never trusted. Default false.
   */
  readonly ignoreEmbeddedRoots?: boolean;
  /**
   * Take a chain in version 0.3 too, as Chainloop wrote it until 2025: only the signer's certificate counts anyway,
   * and its issuers come from the trusted root. Default false.
   */
  readonly allowChain?: boolean;
}

/**
 * A Sigstore bundle of version 0.1, 0.2 or 0.3 that keeps the rules of its version. Throws `bundle_invalid`,
 * `bundle_version` (unknown media type) and, for the envelope, `dsse_…`.
 */
export function parseBundle(input: Uint8Array | string | Json, options: BundleOptions = {}): Bundle {
  try {
    const json =
      typeof input === 'string' || input instanceof Uint8Array
        ? parseJson(input, 'bundle', { maxBytes: MAX_BUNDLE_BYTES })
        : (input as Json);
    return readBundle(new Fields(json, 'bundle'), options);
  } catch (cause) {
    if (!isCoded(cause) || cause.code.startsWith('bundle_') || cause.code.startsWith('dsse_')) throw cause;
    throw invalid(cause.message, cause);
  }
}

function readBundle(fields: Fields, options: BundleOptions): Bundle {
  const version = readVersion(fields);
  // Chainloop's key-signed bundles have none at all.
  const material =
    fields.optionalObject('verificationMaterial') ?? new Fields({}, 'bundle.verificationMaterial');
  const bundle: Bundle = {
    version,
    content: readContent(fields),
    verificationMaterial: readMaterial(material, options),
    tlogEntries: list(material, 'tlogEntries').map((entry) => readTlogEntry(entry)),
    timestamps: readTimestamps(material),
  };
  checkVersionRules(bundle, options);
  return bundle;
}

function readVersion(fields: Fields): BundleVersion {
  const mediaType = fields.string('mediaType');
  const version = MEDIA_TYPES.get(mediaType);
  if (version) return version;
  throw new CodedError(
    'bundle_version',
    `bundle.mediaType: expected a Sigstore bundle 0.1, 0.2 or 0.3, found ${JSON.stringify(mediaType.slice(0, 200))}`,
  );
}

function readContent(fields: Fields): BundleContent {
  const envelope = fields.optionalObject('dsseEnvelope');
  const message = fields.optionalObject('messageSignature');
  if (envelope && message) throw invalid('it holds both an envelope and a message signature');
  if (envelope) return { type: 'dsse', envelope: readSingleEnvelope(envelope) };
  if (!message) throw invalid('it holds neither an envelope nor a message signature');
  const digest = message.optionalObject('messageDigest');
  const signature = bytes(message, 'signature');
  if (signature.length === 0) throw invalid(`${message.at}.signature: empty`);
  return { type: 'message-signature', digest: digest ? readMessageDigest(digest) : null, signature };
}

function readSingleEnvelope(fields: Fields): Envelope {
  const envelope = readEnvelope(fields);
  const [only, ...others] = envelope.signatures;
  if (!only || others.length > 0) {
    throw invalid(
      `${fields.at}.signatures: expected exactly one signature, found ${envelope.signatures.length}`,
    );
  }
  return { ...envelope, signatures: [{ ...only, signature: withoutSecondBase64(only.signature) }] };
}

const SHORTEST_DOUBLE_ENCODING = 64;

// Old Chainloop clients encode the signature twice (chainloop-dev/chainloop#1832). No real signature of this
// length consists of base64 digits only, so nothing else is touched.
function withoutSecondBase64(signature: Uint8Array): Uint8Array {
  const text = Buffer.from(signature).toString('latin1');
  const isText = text.length >= SHORTEST_DOUBLE_ENCODING && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  return isText && text.length % 4 === 0 ? fromBase64(text) : signature;
}

const HASH_NAMES: Readonly<Record<string, string>> = {
  SHA2_256: 'sha256',
  SHA2_384: 'sha384',
  SHA2_512: 'sha512',
};

function readMessageDigest(fields: Fields): Digest {
  const algorithm = fields.string('algorithm');
  const name = HASH_NAMES[algorithm];
  if (!name) throw invalid(`${fields.at}.algorithm: expected SHA2_256, SHA2_384 or SHA2_512`);
  return parseDigest(`${name}:${toHex(bytes(fields, 'digest'))}`, `${fields.at}.digest`);
}

function readMaterial(fields: Fields, options: BundleOptions): VerificationMaterial {
  const certificate = fields.optionalObject('certificate');
  const chain = fields.optionalObject('x509CertificateChain');
  const publicKey = fields.optionalObject('publicKey');
  if ([certificate, chain, publicKey].filter(Boolean).length > 1) {
    throw invalid(`${fields.at}: expected one of certificate, x509CertificateChain and publicKey`);
  }
  if (certificate) return { type: 'certificate', der: nonRoot(certificate) };
  if (chain) return { type: 'chain', certificates: readChain(chain, options) };
  return { type: 'public-key', hint: publicKey?.optionalString('hint') ?? '' };
}

function readChain(fields: Fields, options: BundleOptions): readonly [Uint8Array, ...Uint8Array[]] {
  const items = list(fields, 'certificates');
  const kept = options.ignoreEmbeddedRoots ? items.filter((item) => !isRoot(item)) : items;
  const [leaf, ...others] = kept.map(nonRoot);
  if (!leaf) throw invalid(`${fields.at}.certificates: expected at least one certificate`);
  return [leaf, ...others];
}

// sigstore_bundle.proto: the chain MUST NOT hold a root; trust comes from the verifier's side only.
function nonRoot(fields: Fields): Uint8Array {
  if (isRoot(fields)) {
    throw invalid(`${fields.at}: it is a root certificate; roots come from the trusted root only`);
  }
  return bytes(fields, 'rawBytes');
}

function isRoot(fields: Fields): boolean {
  const certificate = parseCertificate(bytes(fields, 'rawBytes'));
  return certificate.isCa && equalBytes(certificate.subject, certificate.issuer);
}

function readTimestamps(material: Fields): readonly Uint8Array[] {
  const data = material.optionalObject('timestampVerificationData');
  return data ? list(data, 'rfc3161Timestamps').map((item) => bytes(item, 'signedTimestamp')) : [];
}

function checkVersionRules(
  { version, tlogEntries, verificationMaterial }: Bundle,
  { allowChain = false }: BundleOptions,
): void {
  if (version === '0.3' && verificationMaterial.type === 'chain' && !allowChain) {
    throw invalid('version 0.3 holds a single certificate, not a chain');
  }
  tlogEntries.forEach((entry, index) => {
    if (version === '0.1' && !entry.inclusionPromise) {
      throw invalid(`tlogEntries[${index}]: version 0.1 requires an inclusion promise`);
    }
    if (version !== '0.1' && !entry.inclusionProof) {
      throw invalid(
        `tlogEntries[${index}]: version ${version} requires an inclusion proof with a checkpoint`,
      );
    }
  });
}

function list(fields: Fields, key: string): readonly Fields[] {
  const items = fields.has(key) ? fields.objects(key) : [];
  if (items.length > MAX_LIST_LENGTH) {
    throw invalid(`${fields.at}.${key}: ${items.length} items, the limit is ${MAX_LIST_LENGTH}`);
  }
  return items;
}

function bytes(fields: Fields, key: string): Uint8Array {
  return fromBase64(fields.string(key), `${fields.at}.${key}`);
}

function invalid(problem: string, cause?: unknown): CodedError<'bundle_invalid'> {
  return new CodedError('bundle_invalid', `not a valid Sigstore bundle: ${problem}`, { cause });
}
