import { Fields, type Json, parseJson } from '../bytes/index.ts';
import { type Envelope, parseEnvelope } from '../dsse/index.ts';
import { CodedError, messageOf } from '../errors.ts';
import type { Bundle } from './bundle.ts';
import { parseBundle } from './parse-bundle.ts';

/** What carries a signature: a Sigstore bundle, or a DSSE envelope alone, with as many signatures as it likes. */
export type Signed =
  | { readonly type: 'bundle'; readonly bundle: Bundle }
  | { readonly type: 'envelope'; readonly envelope: Envelope };

const MAX_SIGNED_BYTES = 32 * 1024 * 1024;

/**
 * Either of the two, told apart by their fields, with what archives of other systems hold: Chainloop's chains in
 * version 0.3, npm's roots in 0.1. Nothing is verified. Throws `bundle_…`, `dsse_…`.
 */
export function parseSigned(input: Uint8Array | string): Signed {
  const json = parsed(input);
  if (typeof json !== 'object' || json === null) throw notSigned('expected an object');
  const fields = new Fields(Array.isArray(json) ? {} : json, 'document');
  if (fields.has('mediaType') || fields.has('dsseEnvelope') || fields.has('messageSignature')) {
    return { type: 'bundle', bundle: parseBundle(json, { ignoreEmbeddedRoots: true, allowChain: true }) };
  }
  if (fields.has('payloadType')) return { type: 'envelope', envelope: parseEnvelope(input) };
  throw notSigned('expected a Sigstore bundle or a DSSE envelope, found neither mediaType nor payloadType');
}

function parsed(input: Uint8Array | string): Json {
  try {
    return parseJson(input, 'document', { maxBytes: MAX_SIGNED_BYTES });
  } catch (cause) {
    throw notSigned(`it is not JSON: ${messageOf(cause)}`, cause);
  }
}

function notSigned(problem: string, cause?: unknown): CodedError<'bundle_invalid'> {
  return new CodedError('bundle_invalid', `not a signed document: ${problem}`, { cause });
}
