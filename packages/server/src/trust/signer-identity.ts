import type { FulcioExtensions, SanIdentity } from '@waybill/core/x509';
import type { IdentityFacts } from './deps.ts';
import { trustError } from './errors.ts';

export interface SignerIdentity {
  readonly identity: SanIdentity;
  readonly extensions: FulcioExtensions;
}

const SUBJECT_SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * What the certificate will say of the holder of the token. For the built-in issuer the name is
 * `<issuer>/<organisation>[/<project>[/<workflow>]]`. Throws `trust_token_subject`.
 */
export function signerIdentityOf(facts: IdentityFacts, builtInIssuerUrl: string): SignerIdentity {
  // An issuer without a rule here has no right to any name, whoever verified its token.
  if (facts.issuer !== builtInIssuerUrl) {
    throw trustError(
      'trust_token_subject',
      `No rule names the holders of tokens of ${JSON.stringify(facts.issuer)}.`,
    );
  }
  const segments = facts.subject.split('/');
  if (segments.length > 3 || !segments.every((segment) => SUBJECT_SEGMENT.test(segment))) {
    throw trustError(
      'trust_token_subject',
      `The subject of the token must be organisation/project/workflow, found ${JSON.stringify(facts.subject)}.`,
    );
  }
  return {
    identity: { type: 'uri', value: `${facts.issuer}/${facts.subject}` },
    extensions: { issuer: facts.issuer, tokenSubject: facts.subject },
  };
}
