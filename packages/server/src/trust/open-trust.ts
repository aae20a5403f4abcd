import type { TrustedRoot } from '@waybill/core/trust';
import type { TimestampRequest } from '@waybill/core/x509';
import { openThreads } from '../ground/index.ts';
import type { VerifyPipelineToken } from '../identity/index.ts';
import { openAuthorities, signingKeysOf } from './authorities.ts';
import type { TrustDeps } from './deps.ts';
import { issue, type SigningRequest } from './issue.ts';
import {
  type CertificateOrder,
  type IssueDeps,
  type IssuedCertificate,
  issueCertificate,
} from './issue-certificate.ts';
import { describeIssuers } from './issuers/describe-issuers.ts';
import { createIssuerKeys, type IssuerKeys } from './issuers/issuer-keys.ts';
import { listedSince } from './issuers/listed-since.ts';
import { verifyPipelineToken } from './issuers/verify-pipeline-token.ts';
import { createServerSigner, type ServerSigned, serverIdentityOf } from './sign-as-server.ts';
import type { SigningTasks } from './sign-tasks.ts';
import { signingConfigOf } from './signing-config.ts';
import { answerTimestamp, timestampSignature } from './timestamp.ts';
import { trustedRootOf } from './trusted-root.ts';

/** The trust services of this process. Private keys never leave it. */
export interface Trust {
  /** Subject alternative name in the server's own certificates. */
  readonly serverIdentity: string;
  /** Issuer in the server's own certificates, and of the built-in issuer's tokens. */
  readonly issuerUrl: string;
  /** DER, signing certificate first, root last. */
  readonly certificateChain: readonly Uint8Array[];
  readonly timestampChain: readonly Uint8Array[];
  /** A certificate for the holder of an identity token, or a coded error: see `issue`. */
  issue(request: SigningRequest): Promise<IssuedCertificate>;
  /** The claims of a token that a workflow's trusted pipeline brings; throws `trust_token_…`, `trust_issuer_unreachable`. */
  verifyPipelineToken: VerifyPipelineToken;
  /** What `/api/v2/configuration` says of the issuers whose tokens count. */
  issuers(): Promise<readonly object[]>;
  /** Since when an organisation takes the issuer's word for who signs; undefined where it does not. */
  listedSince(orgId: string, issuer: string): Promise<Date | undefined>;
  /** A certificate for an identity that the caller has verified itself. */
  issueCertificate(order: CertificateOrder): Promise<IssuedCertificate>;
  /** TimeStampResp (DER) over the SHA-256 of `signature`. */
  timestamp(signature: Uint8Array): Promise<Uint8Array>;
  answerTimestamp(request: TimestampRequest): Promise<Uint8Array>;
  trustedRoot(): TrustedRoot;
  signingConfig(): ReturnType<typeof signingConfigOf>;
  /** Signs an in-toto statement as the server: certificate, DSSE signature, timestamp; no log entry yet. */
  signAsServer(statement: Uint8Array): Promise<ServerSigned>;
  close(): Promise<void>;
}

/**
 * Loads the authorities, and makes them on the first start. Throws `trust_authority_unreadable` under another
 * master key than the one they were made under.
 */
export async function openTrust(deps: TrustDeps): Promise<Trust> {
  const authorities = await openAuthorities(deps);
  const signers = openThreads<SigningTasks>({
    module: new URL('./sign-tasks.ts', import.meta.url),
    data: signingKeysOf(authorities),
    log: deps.log,
  });
  return trustWith({ ...deps, authorities, signers, keys: createIssuerKeys(deps) });
}

function trustWith(deps: IssueDeps & TrustDeps & { readonly keys: IssuerKeys }): Trust {
  const trustedRoot = trustedRootOf(deps);
  return Object.freeze({
    serverIdentity: serverIdentityOf(deps.publicUrl),
    issuerUrl: deps.issuerUrl,
    certificateChain: deps.authorities.certificate.chain,
    timestampChain: deps.authorities.timestamp.chain,
    issue: (request: SigningRequest) => issue(deps, request),
    verifyPipelineToken: ((jwt, expected) => verifyPipelineToken(deps, jwt, expected)) as VerifyPipelineToken,
    issuers: () => describeIssuers(deps),
    listedSince: (orgId: string, issuer: string) => listedSince(deps, orgId, issuer),
    issueCertificate: (order: CertificateOrder) => issueCertificate(deps, order),
    timestamp: (signature: Uint8Array) => timestampSignature(deps, signature),
    answerTimestamp: (request: TimestampRequest) => answerTimestamp(deps, request),
    trustedRoot: () => trustedRoot,
    signingConfig: () => signingConfigOf(deps),
    signAsServer: createServerSigner(deps),
    close: () => deps.signers.close(),
  });
}
