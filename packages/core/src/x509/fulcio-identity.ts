import { fromUtf8 } from '../bytes/index.ts';
import { CodedError } from '../errors.ts';
import { type Certificate, utf8Extension } from './certificate.ts';
import {
  FULCIO_EXTENSION_NUMBERS,
  type FulcioExtensionName,
  type FulcioExtensions,
} from './fulcio-extensions.ts';
import type { SubjectAlternativeName } from './names.ts';
import { OID } from './oids.ts';

const FIRST_DER_NUMBER = 8;
const ISSUER_V1 = 1;

/**
 * What the certificate authority read from the signer's token (Fulcio docs/oid-info.md). The issuer comes
 * from number 8, from the deprecated number 1 only when 8 is absent; null when neither is there.
 * Throws `x509_der`, `bytes_utf8`.
 */
export function readFulcioExtensions(certificate: Certificate): FulcioExtensions | null {
  const found: Partial<Record<FulcioExtensionName, string>> = {};
  for (const [name, number] of Object.entries(FULCIO_EXTENSION_NUMBERS)) {
    const text = extensionText(certificate, number);
    if (text !== undefined) found[name as FulcioExtensionName] = text;
  }
  const issuer = found.issuer ?? extensionText(certificate, ISSUER_V1);
  return issuer === undefined ? null : { ...found, issuer };
}

function extensionText(certificate: Certificate, number: number): string | undefined {
  const extension = certificate.extensions.get(`${OID.fulcio}.${number}`);
  if (!extension) return undefined;
  return number < FIRST_DER_NUMBER
    ? fromUtf8(extension.value, 'certificate extension')
    : utf8Extension(extension.value);
}

/**
 * The one name that a signing certificate speaks for (Fulcio certificate-specification.md: exactly one SAN).
 * Throws `x509_certificate` for none or several, since then nobody can say who signed.
 */
export function signerNameOf(certificate: Certificate): SubjectAlternativeName {
  const [name, ...others] = certificate.subjectAlternativeNames;
  if (!name || others.length > 0) {
    throw new CodedError(
      'x509_certificate',
      `signing certificate: expected exactly one subject alternative name, found ${name ? others.length + 1 : 'none'}`,
    );
  }
  return name;
}
