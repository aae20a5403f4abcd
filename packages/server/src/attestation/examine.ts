/** What is checked beside the main thread (`ground/threads`): pure, and with core as its only import of weight. */
import { CodedError } from '@waybill/core';
import type { Bundle } from '@waybill/core/bundle';
import { parseRunPredicate, type RunPredicate, type Statement } from '@waybill/core/intoto';
import { type MaterialKind, type ValidateMaterialOptions, validateMaterial } from '@waybill/core/material';
import type { HashedRekord } from '@waybill/core/tlog';
import { parseTrustedRoot, type TrustedRoot } from '@waybill/core/trust';
import { type HandedOver, handOver, type Verified, verifyStatementBundle } from '@waybill/core/verify';
import { attestationError } from './errors.ts';
import { type Evidence, parseEvidence } from './parse-evidence.ts';
import { rekordOf } from './rekord-of.ts';

/** A bundle that was read, and what its certificate proves. */
export interface Examined {
  readonly evidence: Evidence;
  readonly signer: ExaminedSigner;
}

export type ExaminedSigner =
  | {
      readonly type: 'proven';
      readonly statement: HandedOver<Statement>;
      readonly predicate: RunPredicate;
      /** What goes into the log: the signature was just verified. */
      readonly rekord: HashedRekord;
    }
  /** Whose key it is stands in the database. */
  | { readonly type: 'key' }
  | { readonly type: 'refused'; readonly error: Pick<CodedError, 'code' | 'message' | 'detail'> };

/**
 * Steps `parse` and, for a bundle with a certificate, `signer` in one go. Throws what `parseEvidence` throws; a signer
 * that is not proven is part of the answer, as a later step says whether that matters.
 */
function examine(input: { readonly bundle: Uint8Array; readonly trustedRoot: string }): Examined {
  const evidence = parseEvidence(input.bundle);
  const { bundle } = evidence;
  if (bundle.verificationMaterial.type === 'public-key') return { evidence, signer: { type: 'key' } };
  try {
    const statement = verifyByCertificate(bundle, trustedRootOf(input.trustedRoot));
    return {
      evidence,
      signer: {
        type: 'proven',
        statement: handOver(statement),
        predicate: parseRunPredicate(statement.value.predicate),
        rekord: rekordOf(bundle, statement.signer),
      },
    };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const { code, message, detail } = error;
    return { evidence, signer: { type: 'refused', error: { code, message, detail } } };
  }
}

function verifyByCertificate(bundle: Bundle, trustedRoot: TrustedRoot): Verified<Statement> {
  const { statement } = verifyStatementBundle(bundle, {
    trustedRoot,
    expectations: { type: 'any-trusted-signer' },
    // The server logs the attestation itself, two steps further on.
    requireTlog: false,
  });
  if (statement.signer.type === 'certificate') return statement;
  throw attestationError('attestation_signer_unverified', 'expected a certificate in the bundle');
}

let latest: { readonly text: string; readonly root: TrustedRoot } | undefined;

/** It hardly ever changes, and to read it costs more than a signature. */
function trustedRootOf(text: string): TrustedRoot {
  if (latest?.text !== text) latest = { text, root: parseTrustedRoot(text) };
  return latest.root;
}

interface MaterialDocument {
  readonly kind: MaterialKind;
  readonly bytes: Uint8Array;
  readonly options: ValidateMaterialOptions;
}

/** Throws what `validateMaterial` throws. */
function validate({ kind, bytes, options }: MaterialDocument): void {
  validateMaterial(kind, bytes, options);
}

export const tasks = { examine, validate } as const;
export type AttestationTasks = typeof tasks;
