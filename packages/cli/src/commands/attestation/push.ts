import path from 'node:path';
import type { Receipt } from '@waybill/api';
import { isCoded } from '@waybill/core';
import { annotationsFor, parseAnnotations } from '../../annotations.ts';
import { STATE_OPTIONS } from '../../attestation-options.ts';
import { defineCommand } from '../../command.ts';
import { type Connection, connect } from '../../connection.ts';
import { cliError, EXIT } from '../../exit.ts';
import { writePrivate } from '../../files.ts';
import { receiptText } from '../../receipt-text.ts';
import type { Session } from '../../session.ts';
import { signAttestation } from '../../sign-attestation.ts';
import {
  type AttestationState,
  readState,
  removeState,
  stateFile,
  updateState,
  withoutBundle,
} from '../../state.ts';
import { contractOf } from '../../stated-contract.ts';

export const command = defineCommand({
  summary: "Sign what is recorded, push it, and show the server's verdict; exit code 4 when it is FAILED",
  options: {
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
    'no-preview': { type: 'boolean', summary: 'Push even what the server will find incomplete' },
    ...STATE_OPTIONS,
  },
  examples: [
    'waybill attestation push --bundle attestation.sigstore.json',
    'waybill attestation push --key env://SIGNING_KEY --annotation release=1.4.0 -o json',
  ],
  run: async (session, { options }) => {
    const file = stateFile(session, options);
    const { server, run } = await readState(file);
    const connection = await connect(session, server);
    const signed = await updateState(session, { file, runId: run.id }, (state) =>
      withBundle({ session, connection, state, options }),
    );
    const receipt = await send(session, { connection, state: signed, file });
    const saved =
      options.bundle === undefined ? null : await saveBundle(session, connection, receipt, options.bundle);
    // The verdict stands on the server: nothing is left that a retry could need.
    await removeState(session, { file, runId: run.id });
    const { output } = session;
    output.data({ ...receipt, bundleFile: saved }, () =>
      [
        `run ${receipt.runId}`,
        receiptText(receipt, output),
        ...(saved === null ? [] : [`bundle written to ${saved}`]),
      ].join('\n'),
    );
    return receipt.result === 'PASSED' ? EXIT.ok : EXIT.refused;
  },
});

/** Signs once: a state that holds a bundle keeps it, so that every retry sends the same bytes. */
async function withBundle(given: {
  readonly session: Session;
  readonly connection: Connection;
  readonly state: AttestationState;
  readonly options: {
    readonly key: string | undefined;
    readonly annotation: readonly string[];
    readonly 'no-preview': boolean;
  };
}): Promise<AttestationState> {
  const { session, connection, state, options } = given;
  if (state.signedBundle !== undefined) {
    session.output.note('already signed: sending the same attestation again');
    return state;
  }
  const wanted = contractOf(state.contractDocument).annotations;
  const preview = !options['no-preview'];
  const stated = parseAnnotations(options.annotation);
  const annotations = preview ? annotationsFor(wanted, stated, 'the contract') : stated;
  const annotated = { ...state, annotations };
  const signedBundle = await signAttestation(session, annotated, { connection, key: options.key, preview });
  return { ...annotated, signedBundle };
}

async function send(
  session: Session,
  given: { readonly connection: Connection; readonly state: AttestationState; readonly file: string },
): Promise<Receipt> {
  const { connection, state, file } = given;
  try {
    return await connection.client.pushAttestation(state.run.id, state.signedBundle ?? '');
  } catch (error) {
    // Refused for good: the server kept nothing, so the next push signs anew, and materials can still be added.
    if (isCoded(error) && isRefusal(error.detail['status'])) {
      await updateState(session, { file, runId: state.run.id }, withoutBundle);
    }
    throw error;
  }
}

function isRefusal(status: unknown): boolean {
  return status === 400 || status === 401 || status === 403 || status === 413 || status === 422;
}

async function saveBundle(
  session: Session,
  { client }: Connection,
  receipt: Receipt,
  name: string,
): Promise<string> {
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
