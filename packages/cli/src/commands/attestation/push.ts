import type { Receipt } from '@waybill/api';
import { STATE_OPTIONS } from '../../attestation-options.ts';
import { defineCommand } from '../../command.ts';
import { type Connection, connect } from '../../connection.ts';
import { previewOf } from '../../preview-text.ts';
import {
  attachBeside,
  isRefusal,
  PUSH_OPTIONS,
  type PushOptions,
  reportReceipt,
  saveBundle,
  signedState,
} from '../../push-attestation.ts';
import type { Session } from '../../session.ts';
import {
  type AttestationState,
  readState,
  removeState,
  stateFile,
  updateState,
  withoutBundle,
} from '../../state.ts';

export const command = defineCommand({
  summary: "Sign what is recorded, push it, and show the server's verdict; exit code 4 when it is FAILED",
  options: {
    ...PUSH_OPTIONS,
    ...STATE_OPTIONS,
  },
  examples: [
    'waybill attestation push --bundle attestation.sigstore.json',
    'waybill attestation push --key env://SIGNING_KEY --annotation release=1.4.0 -o json',
  ],
  run: async (session, { options }) => {
    const file = stateFile(session, options);
    const { server, run } = await readState(file);
    const connection = await connect(session, { server, workflow: run });
    const signed = await updateState(session, { file, runId: run.id }, (state) =>
      withBundle(session, connection, { state, options }),
    );
    const receipt = await send(session, { connection, state: signed, file });
    const bundleFile = await saveBundle(session, connection, receipt, options.bundle);
    const { materials } = signed;
    const attachments = await attachBeside(session, connection, { receipt, materials, options });
    // The verdict stands on the server: nothing is left that a retry could need.
    await removeState(session, { file, runId: run.id });
    return reportReceipt(session, { receipt, bundleFile, attachments });
  },
});

/** Signs once: a state that holds a bundle keeps it, so that every retry sends the same bytes. */
async function withBundle(
  session: Session,
  connection: Connection,
  given: { readonly state: AttestationState; readonly options: PushOptions },
): Promise<AttestationState> {
  const { state, options } = given;
  if (state.signedBundle !== undefined) {
    session.output.note('already signed: sending the same attestation again');
    return state;
  }
  if (!options['no-preview']) await notePolicies(session, state);
  return signedState(session, connection, state, options);
}

/** Told, and no more: whether a policy blocks is for the server to say. */
async function notePolicies({ output }: Session, state: AttestationState): Promise<void> {
  const text = (await previewOf(state)).text(output);
  if (text !== '') output.note(text);
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
    if (isRefusal(error)) {
      await updateState(session, { file, runId: state.run.id }, withoutBundle);
    }
    throw error;
  }
}
