import path from 'node:path';
import type { Receipt } from '@waybill/api';
import { isCoded } from '@waybill/core';
import { annotationsFor, parseAnnotations } from './annotations.ts';
import { type Attachment, attachmentsText, attachRun, noteFailures } from './attach-run.ts';
import type { OptionSpecs, OptionValues } from './command.ts';
import type { Connection } from './connection.ts';
import { cliError, EXIT, type ExitCode } from './exit.ts';
import { writePrivate } from './files.ts';
import type { Output } from './output.ts';
import { receiptText } from './receipt-text.ts';
import type { Session } from './session.ts';
import { type SignAttestationOptions, signAttestation } from './sign-attestation.ts';
import type { AttestationState } from './state.ts';
import { contractOf } from './stated-contract.ts';

/** How an attestation is signed, and where its bundle goes. */
export const PUSH_OPTIONS = {
  key: {
    type: 'string',
    value: 'KEY',
    summary:
      'Sign with this key (FILE or env://NAME; registered by waybill key add) in place of a certificate',
  },
  annotation: { type: 'string', value: 'KEY=VALUE', multiple: true, summary: 'Annotation of the run' },
  bundle: {
    type: 'string',
    value: 'FILE',
    summary: 'Write the accepted bundle, with its log entry, to FILE',
  },
  'no-attach': {
    type: 'boolean',
    summary: 'Leave the evidence on the server: attach nothing beside output images in other registries',
  },
  'no-preview': { type: 'boolean', summary: 'Push even what the server will find incomplete' },
} as const satisfies OptionSpecs;

export type PushOptions = OptionValues<typeof PUSH_OPTIONS> & Pick<SignAttestationOptions, 'identity'>;
export type SignedState = AttestationState & Required<Pick<AttestationState, 'signedBundle'>>;

/** The state with its annotations and its signed bundle. Throws `annotation_missing`, `preview_failed`, `sigstore_…`. */
export async function signedState(
  session: Session,
  connection: Connection,
  state: AttestationState,
  options: PushOptions,
): Promise<SignedState> {
  const annotated = withAnnotations(state, options);
  const { key, identity } = options;
  const preview = !options['no-preview'];
  const signedBundle = await signAttestation(session, annotated, { connection, key, preview, identity });
  return { ...annotated, signedBundle };
}

/** Signs once: a state that holds a bundle keeps it, so that every retry sends the same bytes. */
export async function withBundle(
  session: Session,
  connection: Connection,
  given: { readonly state: AttestationState; readonly options: PushOptions },
): Promise<AttestationState> {
  const { state, options } = given;
  if (state.dryRun) {
    throw cliError('usage_invalid', 'a dry run is pushed nowhere: push it alone to see what it would sign');
  }
  if (state.signedBundle !== undefined) {
    session.output.note('already signed: sending the same attestation again');
    return state;
  }
  if (!options['no-preview']) await notePolicies(session, state);
  return signedState(session, connection, state, options);
}

/** Told, and no more: whether a policy blocks is for the server to say. */
async function notePolicies({ output }: Session, state: AttestationState): Promise<void> {
  const { previewOf } = await import('./preview-text.ts');
  const text = (await previewOf(state)).text(output);
  if (text !== '') output.note(text);
}

export type AnnotationOptions = Pick<PushOptions, 'annotation' | 'no-preview'>;

/** With the annotations of the run, those of the contract among them. Throws `annotation_missing`. */
export function withAnnotations(state: AttestationState, options: AnnotationOptions): AttestationState {
  const stated = parseAnnotations(options.annotation);
  if (options['no-preview']) return { ...state, annotations: stated };
  const wanted = contractOf(state.contractDocument).annotations;
  return { ...state, annotations: annotationsFor(wanted, stated, 'the contract') };
}

/** What came of a push. */
export interface Pushed {
  readonly receipt: Receipt;
  readonly bundleFile: string | null;
  readonly attachments: readonly Attachment[];
}

/** Attaches the evidence beside output images, unless that is not wanted, and says where it could not. */
export async function attachBeside(
  session: Session,
  connection: Connection,
  given: Parameters<typeof attachRun>[2] & { readonly options: Pick<PushOptions, 'no-attach'> },
): Promise<readonly Attachment[]> {
  if (given.options['no-attach']) return [];
  const attachments = await attachRun(session, connection, given);
  noteFailures(session, given.receipt.runId, attachments);
  return attachments;
}

/** For people. */
export function pushedText({ receipt, bundleFile, attachments }: Pushed, output: Output): string {
  return [
    `run ${receipt.runId}`,
    receiptText(receipt, output),
    ...(bundleFile === null ? [] : [`bundle written to ${bundleFile}`]),
    ...attachmentsText(attachments),
  ].join('\n');
}

/** Shows the verdict, and says by the exit code whether it is a good one. */
export function reportReceipt({ output }: Session, pushed: Pushed): ExitCode {
  const { receipt, bundleFile, attachments } = pushed;
  output.data({ ...receipt, bundleFile, attachments }, () => pushedText(pushed, output));
  return receipt.result === 'PASSED' ? EXIT.ok : EXIT.refused;
}

/** Writes the accepted bundle to the file that the person named; null without one. Throws `cli_file`. */
export async function saveBundle(
  session: Session,
  { client }: Connection,
  receipt: Receipt,
  name: string | undefined,
): Promise<string | null> {
  if (name === undefined) return null;
  const file = path.resolve(session.cwd, name);
  const bundle = await client.downloadBundle(receipt.runId);
  try {
    await writePrivate(session, file, bundle);
  } catch (cause) {
    if (!isCoded(cause, 'cli_file')) throw cause;
    throw cliError(
      'cli_file',
      `the server judged the attestation ${receipt.result}, but ${cause.message}: push again with another --bundle, the answer is the same`,
      { cause },
    );
  }
  return file;
}

/** True when the server refused the attestation for good, and kept nothing of it. */
export function isRefusal(error: unknown): boolean {
  return isCoded(error) && [400, 401, 403, 413, 422].includes(Number(error.detail['status']));
}
