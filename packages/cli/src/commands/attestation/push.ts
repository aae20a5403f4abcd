import type { Receipt } from '@waybill/api';
import { type CodedError, isCoded } from '@waybill/core';
import { STATE_OPTIONS } from '../../attestation-options.ts';
import { defineCommand, type OptionValues } from '../../command.ts';
import type { Connection } from '../../connection.ts';
import { showStatement } from '../../dry-run.ts';
import type { ExitCode } from '../../exit.ts';
import { materialsIn } from '../../materials-in.ts';
import {
  type AttestationValues,
  attestationId,
  connectRemote,
  type OpenAttestation,
  openAttestation,
  REMOTE_OPTIONS,
} from '../../open-attestation.ts';
import {
  attachBeside,
  isRefusal,
  PUSH_OPTIONS,
  type PushOptions,
  reportReceipt,
  saveBundle,
  withBundle,
} from '../../push-attestation.ts';
import type { Session } from '../../session.ts';
import { type AttestationState, withoutBundle } from '../../state.ts';
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
    ...REMOTE_OPTIONS,
  },
  examples: [
    'waybill attestation push --key env://SIGNING_KEY --annotation release=1.4.0 --bundle attestation.sigstore.json -o json',
    'waybill attestation push --attestation api --attestation web',
  ],
  run: async (session, { options }) => {
    const [attestation, ...others] = options.attestation;
    const one = { ...options, attestation };
    const id = attestationId(session, one);
    if (others.length > 0) {
      const { pushTogether } = await import('../../push-together.ts');
      return pushTogether(session, options.attestation, options);
    }
    try {
      return await push(session, one);
    } catch (error) {
      // The state on the server goes with the end of its run, also when its answer was lost: that is asked for again.
      if (id === null || !isCoded(error, 'attestation_run_ended')) throw error;
      return await reportJudged(session, one, { id, error });
    }
  },
});

type Options = PushOptions & AttestationValues & OptionValues<typeof SUMMARY_OPTIONS>;

async function push(session: Session, options: Options): Promise<ExitCode> {
  const open = await openAttestation(session, options);
  if (open.state.dryRun) return showStatement(session, open.state, options);
  const connection = await open.connect();
  const signed = await open.update((state) => withBundle(session, connection, { state, options }));
  const receipt = await send(open, connection, signed);
  const bundleFile = await saveBundle(session, connection, receipt, options.bundle);
  const { materials } = signed;
  const attachments = await attachBeside(session, connection, { receipt, materials, options });
  // The verdict stands on the server: nothing is left that a retry could need.
  await open.remove();
  await writeSummary(session, options, ({ receiptSummary }) => receiptSummary(receipt, signed));
  return reportReceipt(session, { receipt, bundleFile, attachments });
}

async function reportJudged(
  session: Session,
  options: Options,
  { id, error }: { readonly id: string; readonly error: CodedError },
): Promise<ExitCode> {
  const connection = await connectRemote(session, options);
  const { receipt } = await connection.client.describeRun(id);
  // Given up, or out of time.
  if (receipt === null) throw error;
  session.output.note('pushed already: this is the verdict that stands');
  const bundleFile = await saveBundle(session, connection, receipt, options.bundle);
  const materials = options['no-attach'] ? [] : materialsIn(await connection.client.downloadBundle(id));
  const attachments = await attachBeside(session, connection, { receipt, materials, options });
  return reportReceipt(session, { receipt, bundleFile, attachments });
}

async function send(
  open: OpenAttestation,
  { client }: Connection,
  state: AttestationState,
): Promise<Receipt> {
  try {
    return await client.pushAttestation(state.run.id, state.signedBundle ?? '');
  } catch (error) {
    // Refused for good: the server kept nothing, so the next push signs anew, and materials can still be added.
    if (isRefusal(error)) await open.update(withoutBundle);
    throw error;
  }
}
