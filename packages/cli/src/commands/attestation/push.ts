import type { Receipt } from '@waybill/api';
import { STATE_OPTIONS } from '../../attestation-options.ts';
import { defineCommand } from '../../command.ts';
import { type Connection, connect } from '../../connection.ts';
import { showStatement } from '../../dry-run.ts';
import {
  attachBeside,
  isRefusal,
  PUSH_OPTIONS,
  reportReceipt,
  saveBundle,
  withBundle,
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
import { SUMMARY_OPTIONS, writeSummary } from '../../summary/write.ts';

export const command = defineCommand({
  summary: "Sign what is recorded, push it, and show the server's verdict; exit code 4 when it is FAILED",
  options: {
    ...PUSH_OPTIONS,
    ...SUMMARY_OPTIONS,
    ...STATE_OPTIONS,
    attestation: {
      ...STATE_OPTIONS.attestation,
      multiple: true,
      summary: `${STATE_OPTIONS.attestation.summary}; several are pushed in one call`,
    },
  },
  examples: [
    'waybill attestation push --key env://SIGNING_KEY --annotation release=1.4.0 --bundle attestation.sigstore.json -o json',
    'waybill attestation push --attestation api --attestation web',
  ],
  run: async (session, { options }) => {
    const [attestation, ...others] = options.attestation;
    if (attestation !== undefined && others.length > 0) {
      const { pushTogether } = await import('../../push-together.ts');
      return pushTogether(session, options.attestation, options);
    }
    const file = stateFile(session, { state: options.state, attestation });
    const open = await readState(file);
    if (open.dryRun) return showStatement(session, open, options);
    const { server, run } = open;
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
    await writeSummary(session, options, ({ receiptSummary }) => receiptSummary(receipt, signed));
    return reportReceipt(session, { receipt, bundleFile, attachments });
  },
});

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
