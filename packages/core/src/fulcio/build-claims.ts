/** What the token of a CI system's job says of it, in the words that certificates have for the same. */
import { isCoded } from '../errors.ts';
import type { FulcioExtensionName, FulcioExtensions } from '../x509/index.ts';
import { claimText } from './claim-text.ts';
import type { CiProvider, ValueSource } from './config.ts';
import type { VerifiedToken } from './principal.ts';
import { renderTemplate, type TemplateData } from './render-template.ts';

/**
 * Facts of one job, from a token that was verified: by a certificate authority, which wrote them into a certificate, or
 * by a server that was handed the token itself. Nothing of it is the client's word, and nothing of it is secret.
 */
export interface BuildClaims {
  readonly issuer: string;
  /** Kind of CI system, such as `github`; null where nobody knows. */
  readonly ci: string | null;
  /** Whose job it is, with its ref where the system has one: what a certificate would name. */
  readonly signer: string;
  readonly extensions: FulcioExtensions;
}

/** Longer ones are cut off nowhere, but left out: half a name is another name. */
const MAX_CHARACTERS = 2048;

/**
 * By the mapping of the CI system, which lists all that is taken. A claim that is missing leaves its fact out; null
 * where the token does not even say whose job it is.
 */
export function buildClaimsOf(token: VerifiedToken, ci: string, provider: CiProvider): BuildClaims | null {
  const { issuer, subject, claims } = token;
  const data = new Map(provider.defaults);
  for (const [name, value] of Object.entries(claims)) {
    const text = tolerant(() => claimText(name, value));
    if (text !== undefined && value !== null) data.set(name, text);
  }
  const signer = provider.subject && valueOf(provider.subject, data);
  if (!signer) return null;
  const extensions = provider.extensions.flatMap(([name, source]): [FulcioExtensionName, string][] => {
    const text = valueOf(source, data);
    return text === undefined || text === '' ? [] : [[name, text]];
  });
  return {
    issuer,
    ci,
    signer,
    extensions: { ...Object.fromEntries(extensions), issuer, tokenSubject: subject },
  };
}

function valueOf(source: ValueSource, data: TemplateData): string | undefined {
  const text =
    'claim' in source
      ? data.get(source.claim)
      : tolerant(() => renderTemplate(source.template, data, 'all-claims'));
  return text !== undefined && text.length <= MAX_CHARACTERS ? text : undefined;
}

/** A template without one of its claims says nothing; that is no fault of a token which was verified. */
function tolerant<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isCoded(error, 'fulcio_template_failed', 'fulcio_claim_invalid')) return undefined;
    throw error;
  }
}
