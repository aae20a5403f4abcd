import type { SignAs } from '@waybill/clients/sigstore';
import { formatBundle } from '@waybill/core/bundle';
import { type Json, parseJson } from '@waybill/core/bytes';
import { formatRunStatement, type RunPredicate } from '@waybill/core/intoto';
import type { Connection } from './connection.ts';
import { cliError } from './exit.ts';
import type { Session } from './session.ts';
import type { AttestationState } from './state.ts';
import { contractOf } from './stated-contract.ts';
import { VERSION } from './version.ts';
import type { WorkflowIdentity } from './workflow-identity.ts';

export interface SignAttestationOptions {
  readonly connection: Connection;
  /** `FILE` or `env://NAME`; undefined: keyless. */
  readonly key: string | undefined;
  /** False skips the local check against the contract; the server's own is never skipped. */
  readonly preview: boolean;
  /** Who signs keyless, where that was asked for already; else the workflow's identity is asked for now. */
  readonly identity?: WorkflowIdentity | undefined;
}

/** The signed attestation of the run as a Sigstore bundle. Throws `preview_failed` before anything is signed. */
export async function signAttestation(
  session: Session,
  state: AttestationState,
  options: SignAttestationOptions,
): Promise<string> {
  const predicate = predicateOf(state, new Date().toISOString());
  if (options.preview) await checkPreview(state, predicate);
  const { signStatement } = await import('@waybill/clients/sigstore');
  const { url, fetch } = options.connection;
  const as = await signerOf(session, state, options);
  return formatBundle(await signStatement({ url, fetch }, as, () => formatRunStatement(predicate)));
}

/** The in-toto statement that would be signed. Throws `preview_failed`, `run_predicate_invalid`. */
export async function unsignedStatement(state: AttestationState, preview: boolean): Promise<Json> {
  const predicate = predicateOf(state, new Date().toISOString());
  if (preview) await checkPreview(state, predicate);
  return parseJson(formatRunStatement(predicate), 'statement');
}

/** What the run states. `finishedAt` is RFC 3339. */
export function predicateOf(state: AttestationState, finishedAt: string): RunPredicate {
  const { id, organization, project, workflow, startedAt } = state.run;
  return {
    run: { id, organization, project, workflow, startedAt, finishedAt },
    contract: state.contract,
    runner: state.runner,
    ...(state.source === undefined ? {} : { source: state.source }),
    ...(state.change === undefined ? {} : { change: state.change }),
    environment: state.environment,
    annotations: state.annotations,
    materials: state.materials,
    tool: { name: 'waybill', version: VERSION },
  };
}

async function signerOf(
  session: Session,
  state: AttestationState,
  { connection, key, identity }: SignAttestationOptions,
): Promise<SignAs> {
  if (key === undefined) {
    if (identity !== undefined) return { type: 'identity', identity: identity() };
    const { project, workflow } = state.run;
    return { type: 'workflow', token: connection.token, project, workflow };
  }
  const { loadKey } = await import('@waybill/clients/keys');
  return { type: 'key', key: await loadKey(key, { env: session.env }) };
}

/** What the server's contract step would say: told before a verdict stands. */
async function checkPreview(state: AttestationState, predicate: RunPredicate): Promise<void> {
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
