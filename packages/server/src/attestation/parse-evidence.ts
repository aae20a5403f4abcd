import { type Unverified, unverified } from '@waybill/core';
import { type Bundle, parseBundle } from '@waybill/core/bundle';
import { quoted } from '@waybill/core/bytes';
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
      `expected the predicate type ${RUN_PREDICATE_TYPE}, found ${quoted(predicateType)}`,
    );
  }
  const claimed = parseRunPredicate(predicate);
  checkBounds(claimed);
  return { bundle, predicate: unverified(claimed), payloadDigest: digestOf(payload) };
}

const MAX_NAME_BYTES = 1024 * 1024;
const MAX_ENTRIES = 10_000;

/** What names a thing stands again in findings, the run's manifest and the verdict: all of these have limits. */
function checkBounds({ materials, environment, annotations }: RunPredicate): void {
  const names = materials.map(({ name, kind, filename = '' }) => JSON.stringify([name, kind, filename]));
  const nameBytes = names.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (nameBytes > MAX_NAME_BYTES) {
    throw attestationError(
      'attestation_too_large',
      `the names, kinds and file names of all materials have ${nameBytes} bytes together, the limit is ${MAX_NAME_BYTES}`,
    );
  }
  for (const [what, entries] of Object.entries({ environment, annotations })) {
    const count = Object.keys(entries).length;
    if (count <= MAX_ENTRIES) continue;
    throw attestationError(
      'attestation_too_large',
      `predicate.${what}: ${count} entries, the limit is ${MAX_ENTRIES}`,
    );
  }
}
