/** Certificates for jobs of build services: names and extensions made from claims by templates. */
import { CodedError } from '../errors.ts';
import type { FulcioExtensionName } from '../x509/index.ts';
import { claimText } from './claim-text.ts';
import type { CiProvider, ValueSource } from './config.ts';
import { formatGoUrl, hostnameOf, parseGoUrl } from './go-url.ts';
import type { NamedSigner, VerifiedToken } from './principal.ts';
import { renderTemplate, type TemplateData } from './render-template.ts';

/** Throws `fulcio_certificate_refused`, `fulcio_template_failed`, `fulcio_claim_invalid`, `fulcio_url_invalid`. */
export function ciCertificate({ issuer, subject, claims }: VerifiedToken, provider: CiProvider): NamedSigner {
  if (provider.subject === null) throw noCertificate('the provider has no subject-alternative-name-template');
  const data = new Map(provider.defaults);
  for (const [name, value] of Object.entries(claims)) data.set(name, claimText(name, value));
  // Without one of its parts a name would stand for many: there, also `index` wants every claim.
  const url = parseGoUrl(valueOf(provider.subject, data, 'all-claims'));
  checkHost(hostnameOf(url));
  const extensions = provider.extensions
    .map(([name, source]): readonly [FulcioExtensionName, string] => [name, valueOf(source, data)])
    .filter(([, text]) => text !== '');
  return {
    identity: { type: 'uri', value: formatGoUrl(url) },
    extensions: { ...Object.fromEntries(extensions), issuer, tokenSubject: subject },
  };
}

function valueOf(source: ValueSource, data: TemplateData, wants?: 'all-claims'): string {
  if ('template' in source) return renderTemplate(source.template, data, wants);
  const value = data.get(source.claim);
  if (value !== undefined) return value;
  throw noCertificate(
    `the token has no claim ${JSON.stringify(source.claim)}, and the configuration no default for it`,
  );
}

/** Go's reader of certificates refuses such a host; "<nil>" is what a claim that is null leaves. */
function checkHost(host: string): void {
  if (host === '') return;
  const labels = host.split('.');
  if (labels.every((label) => label !== '' && /^[\x21-\x7e]+$/.test(label)) && !/[<>"]/.test(host)) return;
  throw noCertificate(`${JSON.stringify(host)} is no host`);
}

export function noCertificate(reason: string): CodedError<'fulcio_certificate_refused'> {
  return new CodedError(
    'fulcio_certificate_refused',
    `No certificate can be made for this token: ${reason}.`,
  );
}
