import { publicKeyFrom } from '@waybill/core/crypto';
import {
  type CertificateAuthority,
  keyDetailsOf,
  type TransparencyLog,
  type TrustedRoot,
} from '@waybill/core/trust';
import { type Certificate, parseCertificate } from '@waybill/core/x509';
import { sha256 } from '@waybill/core/crypto';
import type { Authorities, AuthorityFacts } from './authorities.ts';
import type { LogFacts, TrustDeps } from './deps.ts';

/** Who signs, logs and dates here, and since when: all that a third party needs to verify without this server. */
export function trustedRootOf(
  deps: Pick<TrustDeps, 'publicUrl' | 'logs'> & { readonly authorities: Authorities },
): TrustedRoot {
  const { publicUrl, authorities } = deps;
  const ofKind = (kind: AuthorityFacts['kind']) =>
    authorities.all.filter((authority) => authority.kind === kind);
  return Object.freeze({
    tlogs: deps.logs().map(transparencyLog),
    ctlogs: ofKind('ct-log').map((facts) => ctLog(facts, publicUrl)),
    certificateAuthorities: ofKind('certificate-authority').map((facts) => authorityEntry(facts, publicUrl)),
    timestampAuthorities: ofKind('timestamp-authority').map((facts) =>
      authorityEntry(facts, `${publicUrl}/api/v1/timestamp`),
    ),
  });
}

/** Verifiers take the log's name from the host of the base URL, so this says the origin, not where to write. */
function transparencyLog(log: LogFacts): TransparencyLog {
  const publicKey = publicKeyFrom(log.publicKey);
  return {
    baseUrl: `https://${log.origin}`,
    publicKey,
    keyDetails: keyDetailsOf(publicKey),
    validFor: { start: log.validFrom, end: null },
    logId: log.keyId,
  };
}

function ctLog(facts: AuthorityFacts, publicUrl: string): TransparencyLog {
  const publicKey = publicKeyFrom(facts.publicKey);
  return {
    baseUrl: `${publicUrl}/ct`,
    publicKey,
    keyDetails: keyDetailsOf(publicKey),
    validFor: { start: facts.validFrom, end: null },
    logId: sha256(facts.publicKey),
  };
}

function authorityEntry(facts: AuthorityFacts, uri: string): CertificateAuthority {
  const certificates = facts.chain.map((der) => parseCertificate(der)) as [Certificate, ...Certificate[]];
  const root = certificates[certificates.length - 1] ?? certificates[0];
  return { ...nameOf(root), uri, certificates, validFor: { start: facts.validFrom, end: null } };
}

/** Some verifiers refuse a trusted root without both names of the root's subject. */
function nameOf(root: Certificate): { readonly organization: string; readonly commonName: string } {
  const [, organization = '', commonName = ''] = /^O=(.*), CN=(.*)$/.exec(root.subjectText) ?? [];
  return { organization, commonName };
}
