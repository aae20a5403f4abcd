import { equalBytes } from '../bytes/index.ts';
import { isCoded } from '../errors.ts';
import { type CertificateAuthority, isWithin, type TrustedRoot } from '../trust/index.ts';
import { type Certificate, EKU, parseSctList, type Sct, verifyChain, verifySct } from '../x509/index.ts';
import { verifyError } from './errors.ts';

/**
 * Proves that an authority of the trusted root issued `certificate`, and that it and the authority were valid
 * at each of `times`. Returns the issuing certificate. Throws `verify_certificate`.
 */
export function checkCertificate(
  certificate: Certificate,
  trustedRoot: TrustedRoot,
  times: readonly Date[],
): Certificate {
  let refusal: unknown = null;
  for (const authority of trustedRoot.certificateAuthorities) {
    try {
      return issuerUnder(authority, certificate, times);
    } catch (error) {
      if (!isCoded(error)) throw error;
      // The most telling refusal is that of the authority which really issued it.
      if (refusal === null || isNamedBy(certificate, authority)) refusal = error;
    }
  }
  throw verifyError(
    'verify_certificate',
    isCoded(refusal) ? refusal.message : 'the trusted root names no certificate authority',
    { cause: refusal ?? undefined },
  );
}

function issuerUnder(
  authority: CertificateAuthority,
  certificate: Certificate,
  times: readonly Date[],
): Certificate {
  const outside = times.find((time) => !isWithin(authority.validFor, time));
  if (outside) {
    throw verifyError(
      'verify_certificate',
      `certificate authority "${authority.commonName}" was not trusted at ${outside.toISOString()}`,
    );
  }
  const [, issuer] = verifyChain(
    certificate,
    authority.certificates.slice(0, -1),
    authority.certificates.slice(-1),
    {
      at: times,
      requiredEku: EKU.codeSigning,
    },
  );
  return issuer as Certificate;
}

function isNamedBy(certificate: Certificate, authority: CertificateAuthority): boolean {
  return authority.certificates.some((ca) => equalBytes(ca.subject, certificate.issuer));
}

/**
 * Proves that a trusted CT log promised to publish `certificate`: one good SCT is enough, one that a known
 * log did not sign is a forgery. Throws `verify_sct`.
 */
export function checkScts(certificate: Certificate, issuer: Certificate, trustedRoot: TrustedRoot): void {
  const proven = parseSctList(certificate).filter((sct) => isProven(sct, certificate, issuer, trustedRoot));
  if (proven.length > 0) return;
  throw verifyError(
    'verify_sct',
    'the certificate holds no timestamp of a trusted certificate transparency log',
  );
}

function isProven(
  sct: Sct,
  certificate: Certificate,
  issuer: Certificate,
  trustedRoot: TrustedRoot,
): boolean {
  const logs = trustedRoot.ctlogs.filter((log) => equalBytes(log.logId, sct.logId));
  if (logs.length === 0) return false;
  const trusted = logs.filter((log) => isWithin(log.validFor, sct.timestamp));
  if (trusted.some((log) => verifySct(sct, certificate, issuer, log.publicKey))) return true;
  throw verifyError(
    'verify_sct',
    trusted.length === 0
      ? `its certificate transparency log was not trusted at ${sct.timestamp.toISOString()}`
      : 'its certificate transparency log did not sign the timestamp in the certificate',
  );
}
