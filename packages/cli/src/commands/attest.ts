import path from 'node:path';
import { atOnce, CodedError, isCoded } from '@waybill/core';
import { connectForRun, RUN_OPTIONS } from '../attestation-options.ts';
import { defineCommand } from '../command.ts';
import type { Connection } from '../connection.ts';
import { parseMaterials } from '../given-materials.ts';
import {
  attachBeside,
  isRefusal,
  type Pushed,
  PUSH_OPTIONS,
  reportReceipt,
  type SignedState,
  saveBundle,
  signedState,
} from '../push-attestation.ts';
import { recordMaterial } from '../record-material.ts';
import type { Session } from '../session.ts';
import { startAttestation } from '../start-attestation.ts';
import { createState } from '../state.ts';
import { SUMMARY_OPTIONS, writeSummary } from '../summary/write.ts';
import { workflowIdentity } from '../workflow-identity.ts';

/** Uploads at once: the server's disk and two cores gain nothing by more. */
const AT_ONCE = 4;

export const command = defineCommand({
  summary: 'Attest a run in one step: start it, record materials, sign, push; exit code 4 when it is FAILED',
  options: {
    ...RUN_OPTIONS,
    material: {
      type: 'string',
      value: 'NAME=VALUE',
      multiple: true,
      summary: 'File, image or text for a material of the contract; NAME:KIND=VALUE for one beyond it',
    },
    'material-annotation': {
      type: 'string',
      value: 'NAME:KEY=VALUE',
      multiple: true,
      summary: 'Annotation of the material NAME',
    },
    ...PUSH_OPTIONS,
    ...SUMMARY_OPTIONS,
  },
  examples: [
    'waybill attest --project demo --workflow build --material app=dist/app.tgz --material sbom=sbom.cdx.json',
    'waybill attest --project demo --workflow build --material image=registry.example.com/app:1.4.0 --key env://SIGNING_KEY -o json',
  ],
  run: async (session, { options }) => {
    const given = parseMaterials(options.material, options['material-annotation']);
    const { connection, wanted: workflow } = await connectForRun(session, options);
    const identity = options.key === undefined ? workflowIdentity(connection, workflow) : undefined;
    const pushed = await startAttestation(session, connection, workflow, async (state) => {
      const recorded = await atOnce(given, AT_ONCE, (one) => recordMaterial(session, connection, state, one));
      const materials = recorded.map(({ material }) => material);
      const complete = { ...state, materials };
      const signed = await signedState(session, connection, complete, { ...options, identity });
      return pushOnce(session, connection, { signed, bundle: options.bundle });
    });
    if (pushed instanceof CodedError) throw pushed;
    const attachments = await attachBeside(session, connection, { ...pushed, options });
    await writeSummary(session, options, ({ receiptSummary }) =>
      receiptSummary(pushed.receipt, pushed.state),
    );
    return reportReceipt(session, { ...pushed, attachments });
  },
});

interface Sent extends Omit<Pushed, 'attachments'>, Pick<SignedState, 'materials'> {
  readonly state: SignedState;
}

/**
 * The receipt and the file that its bundle was written to; or, returned as the run must stay open for it, the error
 * after which nobody knows whether the server took the attestation: it is kept then, to be sent again.
 */
async function pushOnce(
  session: Session,
  connection: Connection,
  { signed, bundle }: { readonly signed: SignedState; readonly bundle: string | undefined },
): Promise<CodedError | Sent> {
  try {
    const receipt = await connection.client.pushAttestation(signed.run.id, signed.signedBundle);
    const bundleFile = await saveBundle(session, connection, receipt, bundle);
    return { receipt, bundleFile, materials: signed.materials, state: signed };
  } catch (cause) {
    if (!isCoded(cause) || isRefusal(cause)) throw cause;
    const file = path.join('.waybill', `attestation-${signed.run.id}.json`);
    await createState(session, path.join(session.cwd, file), signed);
    return new CodedError(
      cause.code,
      `${cause.message}\nThe signed attestation is kept in ${file}: waybill attestation push --state ${file} sends the same bytes again, which the server judges once.`,
      { cause, detail: cause.detail },
    );
  }
}
