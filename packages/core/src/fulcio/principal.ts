/** Who a verified token speaks for, by the rule of its issuer (sigstore/fulcio pkg/identity). */
import type { FulcioExtensions, SanIdentity } from '../x509/index.ts';
import { ciCertificate, noCertificate } from './ci-provider.ts';
import { booleanClaim, type Claims, objectClaim, refused, requiredClaim, textClaim } from './claims.ts';
import type { FulcioConfig, IssuerRule } from './config.ts';
import { OLD_CI_TYPES } from './deprecated-types.ts';
import { isEmailAddress } from './email-address.ts';
import { formatGoUrl, hostnameOf, joinGoPath, parseGoUrl } from './go-url.ts';
import { issuerClaimPath, valueAt } from './issuer-claim.ts';
import { type IssuerType, issuerTypeOf } from './issuer-types.ts';
import { parseSpiffeId, trustDomainOf } from './spiffe-id.ts';

/** A token whose signature, audience and time hold. */
export interface VerifiedToken {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Claims;
}

export interface NamedSigner {
  readonly identity: SanIdentity;
  readonly extensions: FulcioExtensions;
}

export interface Principal {
  /** What the proof of possession signs. */
  readonly challenge: string;
  /** Throws `fulcio_certificate_refused`, `fulcio_template_failed`, `fulcio_claim_invalid`, `fulcio_url_invalid`. */
  readonly certificate: () => NamedSigner;
}

export type Admission = (token: VerifiedToken, rule: IssuerRule, config: FulcioConfig) => Principal;

/** Throws `fulcio_token_refused`. Nothing about the signature or the time of the token is looked at. */
export function principalOf(token: VerifiedToken, rule: IssuerRule, config: FulcioConfig): Principal {
  const type = issuerTypeOf(rule);
  if (type === undefined) throw refused(`no rule is known for issuers of type ${JSON.stringify(rule.type)}`);
  // Possession would be proven over nothing, and the same proof would do for every token.
  if (token.subject === '') throw refused('it lacks the claim sub');
  return ADMISSIONS[type](token, rule, config);
}

const ADMISSIONS: Readonly<Record<IssuerType, Admission>> = {
  email: admitEmail,
  username: admitUsername,
  uri: admitUri,
  spiffe: admitSpiffe,
  kubernetes: admitKubernetes,
  'chainguard-identity': admitChainguard,
  'ci-provider': (token, rule, config) => {
    const provider = config.providers.get(rule.ciProvider);
    if (!provider) throw refused(`there is no ci-issuer-metadata ${JSON.stringify(rule.ciProvider)}`);
    return { challenge: token.subject, certificate: () => ciCertificate(token, provider) };
  },
  ...OLD_CI_TYPES,
};

function admitEmail({ claims, issuer, subject }: VerifiedToken, rule: IssuerRule): Principal {
  const address = requiredClaim(claims, 'email');
  const isVerified = booleanClaim(claims, 'email_verified');
  if (!isVerified && !rule.skipEmailVerification) throw refused('its email_verified is not true');
  if (!isEmailAddress(address)) throw refused('its email is no e-mail address');
  const issuerName = issuerOf(claims, issuer, rule);
  return {
    challenge: address,
    certificate: () => {
      if (issuerName === '') throw noCertificate('its issuer-claim is empty');
      return {
        identity: { type: 'email', value: address },
        extensions: { issuer: issuerName, tokenSubject: subject },
      };
    },
  };
}

/** Of a federated login, the issuer behind it. */
function issuerOf(claims: Claims, issuer: string, rule: IssuerRule): string {
  if (rule.issuerClaim === '') return issuer;
  const value = valueAt(claims, issuerClaimPath(rule.issuerClaim));
  if (typeof value !== 'string') throw refused(`there is no text at its issuer-claim ${rule.issuerClaim}`);
  return value.toWellFormed();
}

function admitUsername({ issuer, subject }: VerifiedToken, rule: IssuerRule): Principal {
  if (subject.includes('!')) throw refused('a username cannot hold "!"');
  if (isEmailAddress(subject)) throw refused('a username cannot be an e-mail address');
  if (rule.subjectDomain === '') throw refused('the issuer has no subject-domain');
  return {
    challenge: subject,
    certificate: () => ({
      identity: { type: 'username', value: `${subject}!${rule.subjectDomain}` },
      extensions: { issuer, tokenSubject: subject },
    }),
  };
}

function admitUri(token: VerifiedToken, rule: IssuerRule): Principal {
  const { subject } = token;
  if (isEmailAddress(subject)) throw refused('its subject is an e-mail address, expected a URI');
  const [named, domain] = [parseGoUrl(subject), parseGoUrl(rule.subjectDomain)];
  if (named.scheme !== domain.scheme || hostnameOf(named) !== hostnameOf(domain)) {
    throw refused(`its subject does not lie at ${rule.subjectDomain}`);
  }
  return uriPrincipal(token, () => formatGoUrl(named));
}

function admitSpiffe(token: VerifiedToken, rule: IssuerRule): Principal {
  const id = parseSpiffeId(token.subject);
  if (!id) throw refused('its subject is no SPIFFE ID');
  if (id.trustDomain !== trustDomainOf(rule.spiffeTrustDomain)) {
    throw refused(`its SPIFFE ID is not of the trust domain ${JSON.stringify(rule.spiffeTrustDomain)}`);
  }
  return uriPrincipal(token, () => token.subject);
}

function admitKubernetes(token: VerifiedToken): Principal {
  const claim = objectClaim(token.claims, 'kubernetes.io');
  const namespace = textClaim(claim, 'namespace');
  const account = textClaim(objectClaim(claim, 'serviceaccount'), 'name');
  // Without them the name would stand for every account at once.
  if (namespace === '' || account === '')
    throw refused('its kubernetes.io claim lacks namespace or service account');
  const uri = `https://kubernetes.io/namespaces/${namespace}/serviceaccounts/${account}`;
  return uriPrincipal(token, () => formatGoUrl(parseGoUrl(uri)));
}

/** Clients sign the e-mail address when there is one. */
function admitChainguard(token: VerifiedToken): Principal {
  const { claims, issuer, subject } = token;
  const actor = objectClaim(claims, 'act');
  for (const key of Object.keys(actor)) textClaim(actor, key);
  const email = textClaim(claims, 'email');
  if (email !== '' && !booleanClaim(claims, 'email_verified'))
    throw refused('its email_verified is not true');
  const principal = uriPrincipal(token, () => formatGoUrl(joinGoPath(parseGoUrl(issuer), subject)));
  return email === '' ? principal : { ...principal, challenge: email };
}

function uriPrincipal({ issuer, subject }: VerifiedToken, uri: () => string): Principal {
  return {
    challenge: subject,
    certificate: () => ({
      identity: { type: 'uri', value: uri() },
      extensions: { issuer, tokenSubject: subject },
    }),
  };
}
