import { type Unverified, unverified } from '@waybill/core';
import { type Bundle, parseBundle } from '@waybill/core/bundle';
import { type Digest, digestOf } from '@waybill/core/digest';
import {
  parseRunPredicate,
  parseStatement,
  RUN_PREDICATE_TYPE,
  type RunPredicate,
} from '@waybill/core/intoto';
import { attestationError } from './errors.ts';

/** Sixteen MiB of predicate, as base64 inside a bundle, and some room for certificates and timestamps. */
export const MAX_BUNDLE_BYTES = 24 * 1024 * 1024;

/** What a client sent, read but not believed. */
export interface Evidence {
  readonly bundle: Bundle;
  readonly predicate: Unverified<RunPredicate>;
  /** Of the signed statement: with the run it is the key of a retry. */
  readonly payloadDigest: Digest;
}

/** Step `parse`: bundle → envelope → statement → run predicate. Throws the codes of those parsers. */
export function parseEvidence(bytes: Uint8Array): Evidence {
  if (bytes.length > MAX_BUNDLE_BYTES) {
    throw attestationError(
      'attestation_too_large',
      `the bundle has ${bytes.length} bytes, the limit is ${MAX_BUNDLE_BYTES}`,
    );
  }
  const bundle = parseBundle(bytes);
  if (bundle.content.type !== 'dsse') {
    throw attestationError(
      'attestation_not_run_statement',
      'expected a bundle around a DSSE envelope with an in-toto statement, found a message signature: push the bundle that `waybill attestation push` makes',
    );
  }
  const { payload } = bundle.content.envelope;
  const { predicateType, predicate } = parseStatement(payload).claimed;
  if (predicateType !== RUN_PREDICATE_TYPE) {
    throw attestationError(
      'attestation_not_run_statement',
      `expected the predicate type ${RUN_PREDICATE_TYPE}, found ${JSON.stringify(predicateType)}`,
    );
  }
  return {
    bundle,
    predicate: unverified(parseRunPredicate(predicate)),
    payloadDigest: digestOf(payload),
  };
}
