/**
 * A small typed client of the Waybill API over fetch. It imports types only, so that a CLI pays for no schema.
 * Every failure is a CodedError: the server's own code where it answered with a problem,
 * `client_unreachable` where it did not answer, `client_protocol` where the answer is not of this API.
 */
import { CodedError, type Fetch, type FetchResponse, isCoded, messageOf, type Secret } from '@waybill/core';
import { readAtMost } from '@waybill/core/bytes';
import type {
  AuditAnchorDocument,
  AuditChain,
  AuditChainQuery,
  AuditList,
  AuditQuery,
  AuditVerification,
} from './audit.ts';
import { contractCalls } from './client-contract.ts';
import { identityCalls } from './client-identity.ts';
import { query } from './client-query.ts';
import type { DeadLetter, DeadLetterList } from './dead-letters.ts';
import type { AskDecision, Decision } from './gate.ts';
import type { Me, ServerInfo } from './identity.ts';
import type { AddIssuer, Issuer, IssuerList, IssuerPresets } from './issuers.ts';
import type {
  CancelRun,
  KeepRunState,
  KeptRunState,
  PushAttestations,
  PushedAttestations,
  Receipt,
  RunDetail,
  RunList,
  RunQuery,
  RunStateRevision,
  RunSummary,
  StartedRun,
  StartRun,
} from './runs.ts';

export interface ClientOptions {
  /** Origin of the server, e.g. `http://127.0.0.1:7070`. */
  readonly url: string;
  readonly token?: Secret<string> | undefined;
  readonly timeoutMs?: number;
  /** The built-in `fetch` unless told. */
  readonly fetch?: Fetch;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** A body that is sent as it is, with its own media type. */
  readonly raw?: { readonly text: string; readonly mediaType: string };
}

export type { WorkflowName } from './client-identity.ts';
export type { WorkflowKey } from './client-contract.ts';

export type Client = ReturnType<typeof createClient>;

export function createClient(options: ClientOptions) {
  const text = (call: Call): Promise<string> => send(options, call);
  const json = async <T>(call: Call): Promise<T> =>
    parsed<T>(await text(call), new URL(call.path, options.url));
  const get = <T>(path: string) => json<T>({ method: 'GET', path });
  const post = <T>(path: string, body: unknown) => json<T>({ method: 'POST', path, body });
  const seg = encodeURIComponent;
  return {
    url: options.url,
    info: () => get<ServerInfo>('/waybill/v1/info'),
    me: () => get<Me>('/waybill/v1/me'),
    ...identityCalls({ get, post, text }),
    addIssuer: (body: AddIssuer) => post<Issuer>('/waybill/v1/trust/issuers', body),
    listIssuers: () => get<IssuerList>('/waybill/v1/trust/issuers'),
    listIssuerPresets: () => get<IssuerPresets>('/waybill/v1/trust/issuers/presets'),
    removeIssuer: (url: string) => text({ method: 'DELETE', path: `/waybill/v1/trust/issuers/${seg(url)}` }),
    ...contractCalls({ get, post, json, text }),
    startRun: (body: StartRun) => post<StartedRun>('/waybill/v1/runs', body),
    listRuns: (filter: RunQuery = {}) => get<RunList>(`/waybill/v1/runs${query(filter)}`),
    describeRun: (id: string) => get<RunDetail>(`/waybill/v1/runs/${seg(id)}`),
    cancelRun: (id: string, body: CancelRun) => post<RunSummary>(`/waybill/v1/runs/${seg(id)}/cancel`, body),
    readRunState: (id: string) => get<KeptRunState>(`/waybill/v1/runs/${seg(id)}/state`),
    keepRunState: (id: string, body: KeepRunState) =>
      json<RunStateRevision>({ method: 'PUT', path: `/waybill/v1/runs/${seg(id)}/state`, body }),
    pushAttestation: (id: string, bundle: string) =>
      json<Receipt>({
        method: 'POST',
        path: `/waybill/v1/runs/${seg(id)}/attestation`,
        raw: { text: bundle, mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json' },
      }),
    /** Each is answered by itself; rejects only when none was looked at. */
    pushAttestations: (body: PushAttestations) => post<PushedAttestations>('/waybill/v1/attestations', body),
    /** The attestation of a run as a Sigstore bundle, with its log entry. */
    downloadBundle: (id: string) => text({ method: 'GET', path: `/waybill/v1/runs/${seg(id)}/bundle` }),
    /** The server's verdict on a run, a VSA in a Sigstore bundle. */
    downloadProvenance: (id: string) =>
      text({ method: 'GET', path: `/waybill/v1/runs/${seg(id)}/provenance` }),
    downloadVerdict: (id: string) => text({ method: 'GET', path: `/waybill/v1/runs/${seg(id)}/verdict` }),
    trustedRoot: () => text({ method: 'GET', path: '/waybill/v1/trust/trusted-root' }),
    signingConfig: () => text({ method: 'GET', path: '/waybill/v1/trust/signing-config' }),
    clientTrustConfig: () => text({ method: 'GET', path: '/waybill/v1/trust/client-config' }),
    /** The newest root of the TUF repository. */
    tufRoot: () => text({ method: 'GET', path: '/tuf/root.json' }),
    ask: (body: AskDecision) => post<Decision>('/waybill/v1/gate/decisions', body),
    listAudit: (filter: AuditQuery = {}) => get<AuditList>(`/waybill/v1/audit${query(filter)}`),
    readAuditChain: (page: AuditChainQuery = {}) => get<AuditChain>(`/waybill/v1/audit/chain${query(page)}`),
    readAuditAnchor: () => get<AuditAnchorDocument>('/waybill/v1/audit/anchor'),
    verifyAudit: () => get<AuditVerification>('/waybill/v1/audit/verify'),
    listDeadLetters: () => get<DeadLetterList>('/waybill/v1/dead-letters'),
    retryDeadLetter: (id: string) => post<DeadLetter>(`/waybill/v1/dead-letters/${seg(id)}/retry`, undefined),
    describeDecision: (id: string) => get<Decision>(`/waybill/v1/gate/decisions/${seg(id)}`),
  };
}

/** More than any document of this API: the server takes bundles of 32 MiB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

async function send(options: ClientOptions, call: Call): Promise<string> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (options.token) headers.authorization = `Bearer ${options.token.reveal()}`;
  let body: string | undefined;
  if (call.raw) {
    headers['content-type'] = call.raw.mediaType;
    body = call.raw.text;
  } else if (call.body !== undefined) {
    headers['content-type'] = 'application/json';
    body = JSON.stringify(call.body);
  }
  const url = new URL(call.path, options.url);
  let response: FetchResponse;
  let bytes: Uint8Array;
  try {
    response = await (options.fetch ?? fetch)(url, {
      method: call.method,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(options.timeoutMs ?? 30_000),
      ...(body === undefined ? {} : { body }),
    });
    bytes = await readAtMost(response.body ?? [], MAX_ANSWER_BYTES, () => tooLarge(url));
  } catch (cause) {
    if (isCoded(cause)) throw cause;
    throw new CodedError(
      'client_unreachable',
      `no answer from ${options.url} (${reasonOf(cause)}): is the server running (waybill serve), and is --server or WAYBILL_URL right?`,
      { cause },
    );
  }
  const text = new TextDecoder().decode(bytes);
  if (response.ok) return text;
  throw problemOf(response.status, text, url);
}

function parsed<T>(text: string, url: URL): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw notOfThisApi(200, url, cause);
  }
}

function tooLarge(url: URL): CodedError {
  return new CodedError(
    'client_protocol',
    `${url.origin}${url.pathname} sent more than ${MAX_ANSWER_BYTES} bytes: is this the right server?`,
  );
}

/** Codes of OpenSSL for a chain that ends in nobody we know. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  const reason = messageOf(inner) || 'connection failed';
  if (UNTRUSTED.has(String((inner as { code?: unknown } | null)?.code))) {
    return `${reason}: its certificate is from an authority that this machine does not trust, name that one in --ca-file or WAYBILL_CA_FILE`;
  }
  // OpenSSL's own words for an answer in plain HTTP, several lines of them.
  return /wrong version number/.test(reason)
    ? 'it does not speak TLS: http:// in place of https://?'
    : reason;
}

function problemOf(status: number, text: string, url: URL): CodedError {
  try {
    const { code, detail, ...rest } = JSON.parse(text) as Record<string, unknown>;
    if (typeof code === 'string' && typeof detail === 'string') {
      return new CodedError(code, detail, { detail: rest });
    }
  } catch (cause) {
    return notOfThisApi(status, url, cause);
  }
  return notOfThisApi(status, url, undefined);
}

function notOfThisApi(status: number, url: URL, cause: unknown): CodedError {
  return new CodedError(
    'client_protocol',
    `${url.origin}${url.pathname} answered ${status} in a form that is not Waybill's: is this the right server?`,
    { cause },
  );
}
