import { concat, Fields, fromBase64, parseJson, toBase64, utf8 } from '../bytes/index.ts';
import { CodedError, isCoded } from '../errors.ts';

export const IN_TOTO_PAYLOAD_TYPE = 'application/vnd.in-toto+json';

export interface EnvelopeSignature {
  readonly signature: Uint8Array;
  /** A hint for finding the key, unauthenticated; '' when absent. */
  readonly keyId: string;
}

/** A DSSE envelope (secure-systems-lab/dsse envelope.md). The payload is not to be parsed before it is verified. */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signatures: readonly EnvelopeSignature[];
}

const MAX_ENVELOPE_BYTES = 24 * 1024 * 1024;
const MAX_SIGNATURES = 64;

/**
 * An envelope with at least one signature; fields it does not know are ignored (protocol.md). Throws
 * `dsse_invalid` (JSON, shape), `dsse_not_base64`, `dsse_no_signature`, `dsse_too_many_signatures`.
 */
export function parseEnvelope(input: Uint8Array | string): Envelope {
  try {
    return readEnvelope(
      new Fields(parseJson(input, 'envelope', { maxBytes: MAX_ENVELOPE_BYTES }), 'envelope'),
    );
  } catch (cause) {
    if (!isCoded(cause) || cause.code.startsWith('dsse_')) throw cause;
    throw new CodedError('dsse_invalid', `not a DSSE envelope: ${cause.message}`, { cause });
  }
}

/** The same for an envelope inside another document. Throws `shape_invalid` beside `dsse_…`. */
export function readEnvelope(fields: Fields): Envelope {
  const payloadType = fields.string('payloadType');
  if (payloadType === '')
    throw new CodedError('dsse_invalid', `${fields.at}.payloadType: expected a media type`);
  const payload = decode(fields, 'payload');
  const items = fields.has('signatures') ? fields.objects('signatures') : [];
  if (items.length === 0) {
    throw new CodedError('dsse_no_signature', `${fields.at}.signatures: expected at least one signature`);
  }
  if (items.length > MAX_SIGNATURES) {
    throw new CodedError(
      'dsse_too_many_signatures',
      `${fields.at}.signatures: ${items.length} signatures, the limit is ${MAX_SIGNATURES}`,
    );
  }
  const signatures = items.map((item) => ({
    signature: decode(item, 'sig'),
    keyId: item.optionalString('keyid') ?? '',
  }));
  return { payloadType, payload, signatures };
}

function decode(fields: Fields, key: string): Uint8Array {
  const text = fields.string(key);
  try {
    const bytes = fromBase64(text);
    if (bytes.length > 0) return bytes;
  } catch (cause) {
    throw new CodedError('dsse_not_base64', `${fields.at}.${key}: expected base64`, { cause });
  }
  throw new CodedError('dsse_invalid', `${fields.at}.${key}: empty`);
}

/** The envelope as JSON; the same envelope always gives the same text. */
export function formatEnvelope(envelope: Envelope): string {
  return JSON.stringify(envelopeJson(envelope));
}

/** The envelope as a JSON value, for documents that hold one. */
export function envelopeJson(envelope: Envelope) {
  return {
    payload: toBase64(envelope.payload),
    payloadType: envelope.payloadType,
    signatures: envelope.signatures.map(({ signature, keyId }) => ({
      sig: toBase64(signature),
      ...(keyId === '' ? {} : { keyid: keyId }),
    })),
  };
}

/** Pre-authentication encoding, the bytes that are signed: `DSSEv1 SP len(type) SP type SP len(body) SP body`. */
export function pae(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = utf8(payloadType);
  return concat(utf8(`DSSEv1 ${type.length} `), type, utf8(` ${payload.length} `), payload);
}
