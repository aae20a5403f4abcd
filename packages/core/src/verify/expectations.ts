import { matchesPattern, quoted } from '../bytes/index.ts';
import type { KeyObject } from '../crypto.ts';
import { type Certificate, readFulcioExtensions, signerNameOf } from '../x509/index.ts';
import { verifyError } from './errors.ts';
import type { Signer } from './verified.ts';

/** Who must have signed. Required: accepting anybody has to be written out. */
export type Expectations =
  /** A certificate of the trusted root for this identity; `*` in either is a wildcard. */
  | { readonly type: 'identity'; readonly issuer: string; readonly subject: string }
  /** This very key, without a certificate. */
  | { readonly type: 'key'; readonly publicKey: KeyObject }
  /** Any certificate of the trusted root; the caller decides by `signer` afterwards. */
  | { readonly type: 'any-trusted-signer' };

type CertificateSigner = Signer & { readonly type: 'certificate' };

/** The signer that a certificate names, whoever that is. */
export function signerOf(certificate: Certificate): CertificateSigner {
  const extensions = readFulcioExtensions(certificate);
  const issuer = extensions?.issuer ?? '';
  return { type: 'certificate', issuer, subject: signerNameOf(certificate).value, certificate, extensions };
}

/** The signer that a certificate names, if it is the expected one. Throws `verify_identity`. */
export function checkIdentity(certificate: Certificate, expected: Expectations): Signer {
  const signer = signerOf(certificate);
  const { issuer, subject } = signer;
  if (expected.type === 'any-trusted-signer') return signer;
  if (expected.type === 'key') {
    throw verifyError(
      'verify_identity',
      `a given key was expected, found a certificate of ${quoted(subject)}`,
    );
  }
  if (!matchesPattern(expected.issuer, issuer)) {
    throw verifyError(
      'verify_identity',
      `signer: expected the issuer ${expected.issuer}, found ${issuer === '' ? 'none' : quoted(issuer)}`,
    );
  }
  if (!matchesPattern(expected.subject, subject)) {
    throw verifyError(
      'verify_identity',
      `signer: expected the subject ${expected.subject}, found ${quoted(subject)}`,
    );
  }
  return signer;
}
