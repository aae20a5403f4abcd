import { formatBundle } from '@waybill/core/bundle';
import { IN_TOTO_PAYLOAD_TYPE, pae } from '@waybill/core/dsse';
import type { Connection } from './connection.ts';
import { cliError } from './exit.ts';
import { predicateOf, statementOf } from './run-statement.ts';
import type { Session } from './session.ts';
import { signBytes } from './signing/signature.ts';
import type { AttestationState } from './state.ts';
import { contractOf } from './stated-contract.ts';

export interface SignAttestationOptions {
  readonly connection: Connection;
  /** `FILE` or `env://NAME`; undefined: keyless. */
  readonly key: string | undefined;
  /** False skips the local check against the contract; the server's own is never skipped. */
  readonly preview: boolean;
}

/** The signed attestation of the run as a Sigstore bundle. Throws `preview_failed` before anything is signed. */
export async function signAttestation(
  session: Session,
  state: AttestationState,
  options: SignAttestationOptions,
): Promise<string> {
  const predicate = predicateOf(state, new Date().toISOString());
  if (options.preview) await checkPreview(state, predicate);
  let payload: Uint8Array = new Uint8Array();
  const { url: server, token } = options.connection;
  const { project, workflow } = state.run;
  const signed = await signBytes(session, { server, token, project, workflow, key: options.key }, () => {
    payload = statementOf(predicate);
    return pae(IN_TOTO_PAYLOAD_TYPE, payload);
  });
  const { signature, keyId, material, timestamp } = signed;
  return formatBundle({
    version: '0.3',
    content: {
      type: 'dsse',
      envelope: { payloadType: IN_TOTO_PAYLOAD_TYPE, payload, signatures: [{ signature, keyId }] },
    },
    verificationMaterial: material,
    tlogEntries: [],
    timestamps: [timestamp],
  });
}

/** What the server's contract step would say: told before a verdict stands. */
async function checkPreview(
  state: AttestationState,
  predicate: ReturnType<typeof predicateOf>,
): Promise<void> {
  const { checkContract } = await import('@waybill/core/contract');
  const findings = checkContract(contractOf(state.contractDocument), predicate);
  if (findings.length === 0) return;
  const lines = findings.map(({ code, message }) => `  ${message} [${code}]`);
  throw cliError(
    'preview_failed',
    `nothing was sent, as the server would answer FAILED:\n${lines.join('\n')}\nRecord what is missing, or push it as it is with --no-preview.`,
    { detail: { findings } },
  );
}
