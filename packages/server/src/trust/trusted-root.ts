import { keyDetailsOf } from '@waybill/core/tlog';
import { type CertificateAuthority, type TransparencyLog, type TrustedRoot } from '@waybill/core/trust';
import { type Certificate, parseCertificate } from '@waybill/core/x509';
import type { LogDescription, LogKind } from '../tlog/index.ts';
import type { Authorities, AuthorityFacts } from './authorities.ts';
import type { TrustDeps } from './deps.ts';

/** Who signs, logs and dates here, and since when: all that a third party needs to verify without this server. */
export function trustedRootOf(
  deps: Pick<TrustDeps, 'publicUrl' | 'tlog'> & { readonly authorities: Authorities },
): TrustedRoot {
  const { publicUrl, authorities } = deps;
  const ofKind = (kind: AuthorityFacts['kind']) =>
    authorities.all.filter((authority) => authority.kind === kind);
  return Object.freeze({
    tlogs: logEntries(deps.tlog, 'rekor'),
    ctlogs: logEntries(deps.tlog, 'ct'),
    certificateAuthorities: ofKind('certificate-authority').map((facts) => authorityEntry(facts, publicUrl)),
    timestampAuthorities: ofKind('timestamp-authority').map((facts) =>
      authorityEntry(facts, `${publicUrl}/api/v1/timestamp`),
    ),
  });
}

/** Frozen logs too: what they hold is proven by them for good. */
function logEntries(tlog: TrustDeps['tlog'], kind: LogKind): readonly TransparencyLog[] {
  return [
    ...tlog.frozen(kind).map((log) => logEntry(log, log.frozenAt)),
    logEntry(tlog.describe(kind), null),
  ];
}

/** Verifiers take the log's name from the host of the base URL, so this says the origin, not where to write. */
function logEntry(
  { origin, publicKey, keyId, startedAt }: LogDescription,
  end: Date | null,
): TransparencyLog {
  return {
    baseUrl: `https://${origin}`,
    publicKey,
    keyDetails: keyDetailsOf(publicKey).name,
    validFor: { start: wholeSecond(startedAt), end },
    logId: keyId,
  };
}

function authorityEntry(facts: AuthorityFacts, uri: string): CertificateAuthority {
  const certificates = facts.chain.map((der) => parseCertificate(der)) as [Certificate, ...Certificate[]];
  const root = certificates[certificates.length - 1] ?? certificates[0];
  return { ...nameOf(root), uri, certificates, validFor: { start: wholeSecond(facts.validFrom), end: null } };
}

/**
 * Timestamps and certificates count whole seconds: what is signed within the first second of a service would lie
 * before a start with milliseconds.
 */
function wholeSecond(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}

/** Some verifiers refuse a trusted root without both names of the root's subject. */
function nameOf(root: Certificate): { readonly organization: string; readonly commonName: string } {
  const [, organization = '', commonName = ''] = /^O=(.*), CN=(.*)$/.exec(root.subjectText) ?? [];
  return { organization, commonName };
}
