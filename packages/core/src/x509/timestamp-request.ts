/** TimeStampReq (RFC 3161 §2.4.1), and the same question in the JSON of Sigstore's timestamp authority. */
import { Fields, fromBase64, parseJson } from '../bytes/index.ts';
import type { HashName } from '../crypto.ts';
import { CodedError } from '../errors.ts';
import { contextTag, DER, type DerReader, enterDer } from './der-reader.ts';
import { derInteger, derOctetString, derSequence } from './der-writer.ts';
import { HASH_OIDS } from './oids.ts';
import { hashAlgorithmOf } from './signature-algorithm.ts';

export interface TimestampRequest {
  readonly hashName: HashName;
  /** Digest of what is to be dated; its length fits the hash. */
  readonly digest: Uint8Array;
  /** MessageImprint as it came: the answer repeats it octet by octet. */
  readonly messageImprintDer: Uint8Array;
  /** OID that the client insists on. */
  readonly policy: string | undefined;
  /** INTEGER as it came. */
  readonly nonceDer: Uint8Array | undefined;
  readonly certificateWanted: boolean;
}

const DIGEST_BYTES: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48, sha512: 64 };
const MAX_REQUEST_BYTES = 64 * 1024;
const WHAT = 'timestamp request';

/** Throws `x509_der` for malformed bytes, `x509_timestamp_request` for what is well-formed but not accepted. */
export function parseTimestampRequest(der: Uint8Array): TimestampRequest {
  if (der.length > MAX_REQUEST_BYTES) {
    throw refused(`${der.length} bytes, the limit is ${MAX_REQUEST_BYTES}`);
  }
  const fields = enterDer(der, DER.sequence, WHAT);
  const version = fields.smallInteger();
  if (version !== 1) throw refused(`expected version 1, found ${version}`);
  const imprint = fields.read(DER.sequence).encoded;
  const policy = fields.peek() === DER.oid ? fields.oid() : undefined;
  const nonceDer = readNonce(fields);
  const certificateWanted = fields.peek() === DER.boolean ? fields.boolean() : false;
  if (fields.peek() === contextTag(0, 'constructed')) {
    // RFC 3161 §2.4.1: an extension that the server does not know must not be passed over, and it knows none.
    throw refused('extensions are not supported: leave them out');
  }
  fields.end();
  return { ...readImprint(imprint), messageImprintDer: imprint, policy, nonceDer, certificateWanted };
}

function readNonce(fields: DerReader): Uint8Array | undefined {
  if (fields.peek() !== DER.integer) return undefined;
  const nonce = fields.integer();
  if (nonce.length > 64) throw refused(`a nonce of ${nonce.length} octets, the limit is 64`);
  return encodeNonce(nonce);
}

function encodeNonce(octets: Uint8Array): Uint8Array {
  // Minimal two's complement already, so its octets stand as they are, negative ones too.
  return Uint8Array.of(DER.integer, octets.length, ...octets);
}

function readImprint(encoded: Uint8Array): { hashName: HashName; digest: Uint8Array } {
  const imprint = enterDer(encoded, DER.sequence, WHAT);
  const algorithm = imprint.sequence();
  const oid = algorithm.oid();
  if (algorithm.optional(DER.null)?.value.length) throw algorithm.fault('NULL has content');
  algorithm.end();
  const digest = imprint.octetString();
  imprint.end();
  const hashName = Object.hasOwn(HASH_OIDS, oid) ? HASH_OIDS[oid] : undefined;
  if (hashName === undefined) {
    throw refused(`the hash ${oid} is not accepted: use SHA-256, SHA-384 or SHA-512`);
  }
  return { hashName, digest: checkedDigest(hashName, digest) };
}

/**
 * JSON form `{artifactHash, hashAlgorithm, certificates?, nonce?, tsaPolicyOID?}` (sigstore/timestamp-authority
 * openapi.yaml). Throws `x509_timestamp_request`, `shape_invalid`, `json_…`, `bytes_…`.
 */
export function parseTimestampRequestJson(json: Uint8Array): TimestampRequest {
  const fields = new Fields(parseJson(json, WHAT, { maxBytes: MAX_REQUEST_BYTES }), 'request');
  const name = fields.string('hashAlgorithm');
  if (!Object.hasOwn(DIGEST_BYTES, name)) {
    throw refused(`hashAlgorithm: expected sha256, sha384 or sha512, found ${JSON.stringify(name)}`);
  }
  const hashName = name as HashName;
  const digest = checkedDigest(hashName, fromBase64(fields.string('artifactHash'), 'request.artifactHash'));
  const nonce = fields.optionalInteger('nonce');
  if (nonce !== undefined && nonce < 0) throw refused('nonce: expected a number ≥ 0');
  const policy = fields.optionalString('tsaPolicyOID');
  return {
    hashName,
    digest,
    messageImprintDer: derSequence(hashAlgorithmOf(hashName), derOctetString(digest)),
    policy: policy === '' ? undefined : policy,
    nonceDer: nonce === undefined ? undefined : derInteger(nonce),
    certificateWanted: fields.optionalBoolean('certificates') ?? false,
  };
}

/** The request for one digest without nonce: what a server asks of itself. */
export function timestampRequestFor(hashName: HashName, digest: Uint8Array): TimestampRequest {
  return {
    hashName,
    digest: checkedDigest(hashName, digest),
    messageImprintDer: derSequence(hashAlgorithmOf(hashName), derOctetString(digest)),
    policy: undefined,
    nonceDer: undefined,
    certificateWanted: false,
  };
}

function checkedDigest(hashName: HashName, digest: Uint8Array): Uint8Array {
  const expected = DIGEST_BYTES[hashName];
  if (digest.length === expected) return digest;
  throw refused(`a ${hashName} digest has ${expected} octets, found ${digest.length}`);
}

function refused(problem: string): CodedError<'x509_timestamp_request'> {
  return new CodedError('x509_timestamp_request', `${WHAT}: ${problem}`);
}
