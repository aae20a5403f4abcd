import { Fields, fromBase64, fromHex, parseJson } from '../bytes/index.ts';
import { parseEnvelope } from '../dsse/index.ts';
import { CodedError, isCoded } from '../errors.ts';
import { pemBlocks } from '../x509/index.ts';
import type { Bundle, TlogEntry, VerificationMaterial } from './bundle.ts';

/** Layers of the manifest under the tag `<algorithm>-<hex>.att`. */
export const ATTACHMENT_MEDIA_TYPE = 'application/vnd.dsse.envelope.v1+json';

/** cosign specs/SIGNATURE_SPEC.md and ATTESTATION_SPEC.md, pkg/oci/static. */
const CERTIFICATE = 'dev.sigstore.cosign/certificate';
const LOG_ENTRY = 'dev.sigstore.cosign/bundle';
const TIMESTAMP = 'dev.sigstore.cosign/rfc3161timestamp';

const MAX_ANNOTATION_BYTES = 1024 * 1024;

/**
 * An attestation as cosign attached it before there were bundles: an envelope, and beside it as annotations who signed
 * and what the log promised. As a bundle of version 0.1, which has the same parts; the chain is left out, as issuers come
 * from the trusted root. Nothing is verified. Throws `bundle_invalid`, `dsse_…`.
 */
export function parseAttachment(
  envelope: Uint8Array,
  annotations: Readonly<Record<string, string>> = {},
): Bundle {
  const parsed = parseEnvelope(envelope);
  if (parsed.signatures.length !== 1) {
    throw invalid(`expected exactly one signature, found ${parsed.signatures.length}`);
  }
  try {
    const entry = annotations[LOG_ENTRY];
    const timestamp = annotations[TIMESTAMP];
    return {
      version: '0.1',
      content: { type: 'dsse', envelope: parsed },
      verificationMaterial: materialOf(annotations[CERTIFICATE]),
      tlogEntries: entry ? [entryOf(entry)] : [],
      timestamps: timestamp ? [timestampOf(timestamp)] : [],
    };
  } catch (cause) {
    if (!isCoded(cause) || cause.code === 'bundle_invalid') throw cause;
    throw invalid(cause.message, cause);
  }
}

function materialOf(pem: string | undefined): VerificationMaterial {
  if (!pem) return { type: 'public-key', hint: '' };
  const [first] = pemBlocks(pem, 'CERTIFICATE');
  if (first === undefined) throw invalid(`${CERTIFICATE}: no certificate in PEM`);
  return { type: 'certificate', der: first };
}

/** What Rekor v1 answered: its promise over the body, with no proof. */
function entryOf(text: string): TlogEntry {
  const answer = read(text, LOG_ENTRY);
  const payload = answer.object('Payload');
  const canonicalizedBody = fromBase64(payload.string('body'), `${LOG_ENTRY}.Payload.body`);
  const body = new Fields(parseJson(canonicalizedBody, 'body'), 'body');
  return {
    logIndex: payload.integer('logIndex'),
    logId: fromHex(payload.string('logID'), `${LOG_ENTRY}.Payload.logID`),
    kind: body.string('kind'),
    version: body.string('apiVersion'),
    integratedTime: payload.integer('integratedTime'),
    inclusionPromise: fromBase64(answer.string('SignedEntryTimestamp'), `${LOG_ENTRY}.SignedEntryTimestamp`),
    inclusionProof: null,
    canonicalizedBody,
  };
}

function timestampOf(text: string): Uint8Array {
  return fromBase64(read(text, TIMESTAMP).string('SignedRFC3161Timestamp'), TIMESTAMP);
}

function read(text: string, name: string): Fields {
  return new Fields(parseJson(text, name, { maxBytes: MAX_ANNOTATION_BYTES }), name);
}

function invalid(problem: string, cause?: unknown): CodedError<'bundle_invalid'> {
  return new CodedError('bundle_invalid', `not an attestation as cosign attaches it: ${problem}`, { cause });
}
