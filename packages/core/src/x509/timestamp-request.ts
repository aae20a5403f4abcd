/** TimeStampReq (RFC 3161 §2.4.1), and the same question in the JSON of Sigstore's timestamp authority. */
import { Fields, fromBase64, fromUtf8, parseJson } from '../bytes/index.ts';
import type { HashName } from '../crypto.ts';
import { CodedError } from '../errors.ts';
import { contextTag, DER, enterDer } from './der-reader.ts';
import { derOctetString, derSequence, derSignedInteger, derTlv } from './der-writer.ts';
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
  /** INTEGER as it came, of any size that a request may have: the answer repeats it. */
  readonly nonceDer: Uint8Array | undefined;
  readonly certificateWanted: boolean;
}

/** What a request asks for and does not get, as `detail.refusal`, where clients can tell one from the other. */
export type TimestampRefusal = 'weak-hash' | 'digest-length' | 'extension' | 'too-large';

const DIGEST_BYTES: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48, sha512: 64 };
const MAX_REQUEST_BYTES = 64 * 1024;
/** sigstore/timestamp-authority maxJSONRequestBytes: decimal numbers cost the square of their length. */
const MAX_JSON_BYTES = 1024;
const SHA1 = '1.3.14.3.2.26';
const WHAT = 'timestamp request';

/** Throws `x509_der` for malformed bytes, `x509_timestamp_request` for what is well-formed but not accepted. */
export function parseTimestampRequest(der: Uint8Array): TimestampRequest {
  if (der.length > MAX_REQUEST_BYTES) {
    throw refused(`${der.length} bytes, the limit is ${MAX_REQUEST_BYTES}`, 'too-large');
  }
  const fields = enterDer(der, DER.sequence, WHAT);
  const version = fields.smallInteger();
  if (version !== 1) throw refused(`expected version 1, found ${version}`);
  const imprint = fields.read(DER.sequence).encoded;
  const policy = fields.peek() === DER.oid ? fields.oid() : undefined;
  const nonceDer = fields.peek() === DER.integer ? derTlv(DER.integer, fields.integer()) : undefined;
  const certificateWanted = fields.peek() === DER.boolean ? fields.boolean() : false;
  if (fields.peek() === contextTag(0, 'constructed')) {
    // RFC 3161 §2.4.1: an extension that the server does not know must not be passed over, and it knows none.
    throw refused('extensions are not supported: leave them out', 'extension');
  }
  fields.end();
  return { ...readImprint(imprint), messageImprintDer: imprint, policy, nonceDer, certificateWanted };
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
    throw refused(
      `the hash ${oid} is not accepted: use SHA-256, SHA-384 or SHA-512`,
      oid === SHA1 ? 'weak-hash' : undefined,
    );
  }
  return { hashName, digest: checkedDigest(hashName, digest) };
}

/**
 * JSON form `{artifactHash, hashAlgorithm, certificates?, nonce?, tsaPolicyOID?}` (sigstore/timestamp-authority
 * openapi.yaml). Throws `x509_timestamp_request`, `shape_invalid`, `json_…`, `bytes_…`.
 */
export function parseTimestampRequestJson(json: Uint8Array): TimestampRequest {
  if (json.length > MAX_JSON_BYTES) {
    throw refused(`${json.length} bytes of JSON, the limit is ${MAX_JSON_BYTES}`, 'too-large');
  }
  const fields = new Fields(parseJson(json, WHAT), 'request');
  const hashName = hashNamed(fields.string('hashAlgorithm'));
  const digest = checkedDigest(hashName, fromBase64(fields.string('artifactHash'), 'request.artifactHash'));
  const policy = fields.optionalString('tsaPolicyOID');
  return {
    hashName,
    digest,
    messageImprintDer: derSequence(hashAlgorithmOf(hashName), derOctetString(digest)),
    policy: policy === '' ? undefined : policy,
    nonceDer: fields.has('nonce') ? derSignedInteger(nonceOf(fromUtf8(json, WHAT))) : undefined,
    certificateWanted: fields.optionalBoolean('certificates') ?? false,
  };
}

/** In any case of letters, as upstream takes it. */
function hashNamed(name: string): HashName {
  const lower = name.toLowerCase();
  if (Object.hasOwn(DIGEST_BYTES, lower)) return lower as HashName;
  throw refused(
    `hashAlgorithm: expected sha256, sha384 or sha512, found ${JSON.stringify(name)}`,
    lower === 'sha1' ? 'weak-hash' : undefined,
  );
}

/** As its digits stand there: a number of JavaScript keeps 53 bits, and clients send 64 and more. */
function nonceOf(json: string): bigint {
  const spelled = new Map<unknown, string>();
  const keep: Reviver = function (key, value, context) {
    if (key === 'nonce') spelled.set(this, context.source ?? '');
    return value;
  };
  const request: unknown = JSON.parse(json, keep as (this: unknown, key: string, value: unknown) => unknown);
  const text = spelled.get(request) ?? '';
  if (/^-?[0-9]+$/.test(text)) return BigInt(text);
  throw refused('nonce: expected a whole number');
}

/** ECMAScript "JSON.parse source text access", which the types of TypeScript do not know yet. */
type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;

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
  throw refused(`a ${hashName} digest has ${expected} octets, found ${digest.length}`, 'digest-length');
}

function refused(problem: string, refusal?: TimestampRefusal): CodedError<'x509_timestamp_request'> {
  return new CodedError('x509_timestamp_request', `${WHAT}: ${problem}`, { detail: { refusal } });
}
