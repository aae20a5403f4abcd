/** What an issuer's rule must hold before it counts (validateConfig of pkg/config/config.go). */
import { CodedError } from '../errors.ts';
import type { IssuerRule } from './config.ts';
import { type GoUrl, hostnameOf, parseGoUrl } from './go-url.ts';
import { issuerClaimPath } from './issuer-claim.ts';
import { challengeClaimOf } from './issuer-types.ts';
import { trustDomainOf } from './spiffe-id.ts';

/** Throws `fulcio_config_invalid`, or `fulcio_url_invalid` for a URL that is none. */
export function checkIssuerRule(rule: IssuerRule, kind: 'issuer' | 'meta-issuer'): void {
  const isMeta = kind === 'meta-issuer';
  if (rule.issuerClaim !== '') checkIssuerClaim(rule, isMeta);
  if (rule.type === 'spiffe') checkSpiffe(rule, isMeta);
  // Of what a pattern matches there is no one host to compare with.
  if (rule.type === 'uri' && !isMeta) checkUriDomain(rule);
  if (rule.type === 'username' && !isMeta) checkUsernameDomain(rule);
  if (challengeClaimOf(rule) === '') {
    throw invalid(
      rule,
      `the type ${JSON.stringify(rule.type)} is not known, and there is no challenge-claim`,
    );
  }
}

function checkIssuerClaim(rule: IssuerRule, isMeta: boolean): void {
  if (rule.type !== 'email' && !isMeta) throw invalid(rule, 'only e-mail issuers can have an issuer-claim');
  issuerClaimPath(rule.issuerClaim);
}

function checkSpiffe(rule: IssuerRule, isMeta: boolean): void {
  if (isMeta)
    throw invalid(rule, 'a pattern cannot be of type spiffe: many issuers would share a trust domain');
  if (rule.spiffeTrustDomain === '') throw invalid(rule, 'the type spiffe needs a spiffe-trust-domain');
  if (trustDomainOf(rule.spiffeTrustDomain) === undefined)
    throw invalid(rule, 'the spiffe-trust-domain is none');
}

function checkUriDomain(rule: IssuerRule): void {
  const { domain, issuer } = urlsOf(rule);
  if (domain.scheme === '') throw invalid(rule, 'the subject-domain of type uri needs a scheme');
  if (domain.scheme !== issuer.scheme)
    throw invalid(rule, 'subject-domain and issuer differ in their scheme');
  checkSameOwner(rule, hostnameOf(domain), hostnameOf(issuer));
}

function checkUsernameDomain(rule: IssuerRule): void {
  const { domain, issuer } = urlsOf(rule);
  if (domain.scheme !== '') throw invalid(rule, 'the subject-domain of type username must have no scheme');
  checkSameOwner(rule, rule.subjectDomain, hostnameOf(issuer));
}

function urlsOf(rule: IssuerRule): { readonly domain: GoUrl; readonly issuer: GoUrl } {
  if (rule.subjectDomain === '') throw invalid(rule, `the type ${rule.type} needs a subject-domain`);
  const domain = parseGoUrl(rule.subjectDomain);
  const issuer = parseGoUrl(rule.issuerUrl);
  if (issuer.scheme === '') throw invalid(rule, 'the issuer-url needs a scheme');
  return { domain, issuer };
}

/** The last two labels of a host say whose it is; Fulcio's rule, which knows nothing of co.uk. */
function checkSameOwner(rule: IssuerRule, subjectHost: string, issuerHost: string): void {
  if (subjectHost === issuerHost) return;
  const [a, b] = [subjectHost.split('.'), issuerHost.split('.')];
  if (a.length > 1 && b.length > 1 && a.slice(-2).join('.') === b.slice(-2).join('.')) return;
  throw invalid(rule, `subject-domain and issuer are of different domains: ${subjectHost}, ${issuerHost}`);
}

function invalid(rule: IssuerRule, found: string): CodedError<'fulcio_config_invalid'> {
  return new CodedError(
    'fulcio_config_invalid',
    `Issuer configuration: ${rule.issuerUrl.slice(0, 200)}: ${found.slice(0, 500)}`,
  );
}
