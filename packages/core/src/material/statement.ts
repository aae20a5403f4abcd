import { parseBundle } from '../bundle/index.ts';
import { quoted } from '../bytes/index.ts';
import { type Envelope, IN_TOTO_PAYLOAD_TYPE, parseEnvelope } from '../dsse/index.ts';
import { parseStatement } from '../intoto/index.ts';
import { type MaterialInput, mismatch, type ReaderFacts, type Sample } from './reader.ts';

const SLSA_PROVENANCE = /^https:\/\/slsa\.dev\/provenance\/v1(?:\.\d+)?$/;

export function isSlsaProvenance(predicateType: string): boolean {
  return SLSA_PROVENANCE.test(predicateType);
}

/** A Sigstore bundle with an envelope, or a bare DSSE envelope. Its form only: no signature is verified here. */
export function readEnvelopeOf({ bytes }: MaterialInput, isBundle: boolean): Envelope {
  if (!isBundle) return parseEnvelope(bytes);
  const { content } = parseBundle(bytes);
  if (content.type !== 'dsse')
    throw mismatch('expected a bundle with a DSSE envelope, found a message signature');
  return content.envelope;
}

/** What the statement claims to be; the annotation says no more than that. */
export function readClaim(
  envelope: Envelope,
  expected: { readonly what: string; readonly fits: (predicateType: string) => boolean },
): ReaderFacts {
  if (envelope.payloadType !== IN_TOTO_PAYLOAD_TYPE) {
    throw mismatch(
      `expected the payload type ${IN_TOTO_PAYLOAD_TYPE}, found ${quoted(envelope.payloadType)}`,
    );
  }
  const { predicateType, subject } = parseStatement(envelope.payload).claimed;
  if (!expected.fits(predicateType)) {
    throw mismatch(`expected the predicate type ${expected.what}, found ${quoted(predicateType)}`);
  }
  return {
    counts: { subjects: subject.length, signatures: envelope.signatures.length },
    annotations: { 'statement.predicate_type': predicateType },
  };
}

export function isBundle(sample: Sample): boolean {
  return sample.object?.has('dsseEnvelope') === true;
}
