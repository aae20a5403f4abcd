/** Requests for timestamps in their two forms, and what upstream says to those that it refuses. */
import { CodedError, isCoded } from '@waybill/core';
import {
  parseTimestampRequest,
  parseTimestampRequestJson,
  type TimestampRefusal,
  type TimestampRequest,
} from '@waybill/core/x509';

const FORMS: ReadonlyMap<string, (body: Uint8Array) => TimestampRequest> = new Map([
  ['application/timestamp-query', parseTimestampRequest],
  ['application/json', parseTimestampRequestJson],
]);

/** Throws `request_media_type`, and what the parsers of core throw. */
export function acceptTimestampRequest(contentType: string | undefined, body: Uint8Array): TimestampRequest {
  // RFC 9110 §8.3: without the header they are bytes of no known kind.
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? 'application/octet-stream';
  const parse = FORMS.get(mediaType);
  if (parse !== undefined) return parse(body);
  throw new CodedError(
    'request_media_type',
    `unsupported media type ${JSON.stringify(mediaType)}, only [${[...FORMS.keys()].join(' ')}] are allowed`,
  );
}

/** sigstore/timestamp-authority pkg/api/error.go; clients may look for these words. */
const SAID: Readonly<Record<TimestampRefusal, string>> = {
  'weak-hash': 'Weak hash algorithm in timestamp request',
  'digest-length': 'Message digest has incorrect length for specified algorithm',
  extension: 'unaccepted extension: requested extensions are not supported by the TSA',
  'too-large': 'timestamp request is too large',
};

/** Upstream's words for a request that is refused, then ours, which say what to do. */
export function saidOf(error: unknown, message: string): string {
  return `${upstreamWords(error)}: ${message}`;
}

function upstreamWords(error: unknown): string {
  if (isCoded(error, 'x509_timestamp_policy'))
    return 'unaccepted policy: requested TSA policy is not supported by the TSA';
  const refusal = isCoded(error, 'x509_timestamp_request') ? error.detail['refusal'] : undefined;
  return SAID[refusal as TimestampRefusal] ?? 'Error generating timestamp response';
}
