/** Requests of Rekor v2 (protojson). Everything here comes from a stranger. */
import { isCoded } from '@waybill/core';
import { Fields, fromBase64, type Json } from '@waybill/core/bytes';
import { hash, publicKeyFrom, verifySignature } from '@waybill/core/crypto';
import { type Envelope, pae, readEnvelope } from '@waybill/core/dsse';
import {
  type HashedRekord,
  type KeyDetails,
  keyDetailsName,
  keyDetailsOf,
  type RekordVerifier,
  verifyPrehashed,
} from '@waybill/core/tlog';
import { parseCertificate } from '@waybill/core/x509';
import { tlogError } from './errors.ts';

/**
 * The verified rekord of a `CreateEntryRequest`. A DSSE envelope becomes a hashedrekord over its PAE, the one entry
 * type of Rekor v2. Throws `tlog_request_invalid`, `tlog_key_refused`, `tlog_signature_refused`.
 */
export function acceptRequest(body: Json | undefined): HashedRekord {
  try {
    const request = new Fields(camelCase(body ?? null), 'request');
    only(request, ['hashedRekordRequestV002', 'dsseRequestV002']);
    const [kind, ...others] = request.keys().filter((key) => request.has(key));
    if (kind === undefined || others.length > 0) {
      throw tlogError(
        'tlog_request_invalid',
        'request: expected one of hashedRekordRequestV002, dsseRequestV002',
      );
    }
    return kind === 'dsseRequestV002'
      ? acceptEnvelope(request.object(kind))
      : acceptRekord(request.object(kind));
  } catch (cause) {
    if (
      !isCoded(cause) ||
      isCoded(cause, 'tlog_request_invalid', 'tlog_key_refused', 'tlog_signature_refused')
    )
      throw cause;
    throw tlogError('tlog_request_invalid', cause.message, { cause });
  }
}

function acceptRekord(request: Fields): HashedRekord {
  only(request, ['digest', 'signature']);
  const signatureFields = request.object('signature');
  only(signatureFields, ['content', 'verifier']);
  const { verifier, spki, details } = readVerifier(signatureFields.object('verifier'));
  const digest = fromBase64(request.string('digest'), 'digest');
  const signature = fromBase64(signatureFields.string('content'), 'signature content');
  const wanted = hash(details.hash, new Uint8Array()).length;
  if (digest.length !== wanted) {
    throw tlogError(
      'tlog_request_invalid',
      `digest: expected ${wanted} bytes (${details.hash}, by ${details.name}), found ${digest.length}`,
    );
  }
  if (!verifyPrehashed(spki, digest, signature))
    throw refusedSignature('the signature is not by this key over this digest');
  return { digest, signature, verifier, keyDetails: details.name };
}

function acceptEnvelope(request: Fields): HashedRekord {
  only(request, ['envelope', 'verifiers']);
  const envelope = readStrictEnvelope(request.object('envelope'));
  const [sole, ...more] = envelope.signatures;
  if (sole === undefined || more.length > 0) {
    throw tlogError(
      'tlog_request_invalid',
      `envelope: expected one signature, found ${envelope.signatures.length}`,
    );
  }
  const signed = pae(envelope.payloadType, envelope.payload);
  for (const fields of readVerifiers(request)) {
    const { verifier, spki, details } = readVerifier(fields);
    if (!verifySignature(publicKeyFrom(spki), signed, sole.signature, details.hash)) continue;
    return {
      digest: hash(details.hash, signed),
      signature: sole.signature,
      verifier,
      keyDetails: details.name,
    };
  }
  throw refusedSignature('the signature of the envelope is by none of the verifiers');
}

/** Each costs a signature check, which a stranger gets for a few bytes. */
const MAX_VERIFIERS = 16;

function readVerifiers(request: Fields): readonly Fields[] {
  const { length } = request.array('verifiers');
  if (length <= MAX_VERIFIERS) return request.objects('verifiers');
  throw tlogError(
    'tlog_request_invalid',
    `request: expected at most ${MAX_VERIFIERS} verifiers, found ${length}`,
  );
}

function readStrictEnvelope(fields: Fields): Envelope {
  only(fields, ['payload', 'payloadType', 'signatures']);
  for (const signature of fields.objects('signatures')) only(signature, ['sig', 'keyid']);
  return readEnvelope(fields);
}

interface ReadVerifier {
  readonly verifier: RekordVerifier;
  /** DER. */
  readonly spki: Uint8Array;
  readonly details: KeyDetails;
}

function readVerifier(fields: Fields): ReadVerifier {
  only(fields, ['x509Certificate', 'publicKey', 'keyDetails']);
  if (fields.has('x509Certificate') === fields.has('publicKey')) {
    throw tlogError('tlog_request_invalid', `${fields.at}: expected either x509Certificate or publicKey`);
  }
  const inner = fields.object(fields.has('publicKey') ? 'publicKey' : 'x509Certificate');
  only(inner, ['rawBytes']);
  const bytes = fromBase64(inner.string('rawBytes'), `${inner.at}.rawBytes`);
  const verifier: RekordVerifier = fields.has('publicKey') ? { publicKey: bytes } : { certificate: bytes };
  const spki = 'publicKey' in verifier ? bytes : parseCertificate(bytes).spki;
  return { verifier, spki, details: requireDetails(spki, fields) };
}

/** The details that the request names must be those of the key: they fix the hash. */
function requireDetails(spki: Uint8Array, fields: Fields): KeyDetails {
  const raw = fields.raw('keyDetails');
  const named = typeof raw === 'string' || typeof raw === 'number' ? keyDetailsName(raw) : undefined;
  const details = detailsOrNull(spki);
  if (details === null || !details.prehash) {
    throw tlogError(
      'tlog_key_refused',
      `${fields.at}: keys of this type are not accepted: use ECDSA P-256, P-384, P-521 or RSA of 2048, 3072, 4096 bits`,
    );
  }
  if (named === details.name) return details;
  throw tlogError(
    'tlog_key_refused',
    `${fields.at}.keyDetails: expected ${details.name} for this key, found ${JSON.stringify(raw ?? null).slice(0, 80)}`,
  );
}

function detailsOrNull(spki: Uint8Array): KeyDetails | null {
  try {
    return keyDetailsOf(spki);
  } catch (error) {
    if (isCoded(error, 'tlog_key_unsupported')) return null;
    throw error;
  }
}

/** protojson accepts lowerCamelCase and the original snake_case of a field, but not both at once. */
function camelCase(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => camelCase(item));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(
    ([key, member]) =>
      [key.replaceAll(/_([a-z0-9])/g, (_, next: string) => next.toUpperCase()), camelCase(member)] as const,
  );
  const named = new Map(members);
  if (named.size !== members.length) throw tlogError('tlog_request_invalid', 'request: a field stands twice');
  return Object.fromEntries(named);
}

function only(fields: Fields, known: readonly string[]): void {
  const unknown = fields.keys().find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw tlogError(
    'tlog_request_invalid',
    `${fields.at}: unknown field ${JSON.stringify(unknown.slice(0, 80))}, expected ${known.join(', ')}`,
  );
}

function refusedSignature(what: string): Error {
  return tlogError('tlog_signature_refused', `nothing was logged: ${what}`);
}
