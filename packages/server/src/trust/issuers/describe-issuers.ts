import { challengeClaimOf, type IssuerRule } from '@waybill/core/fulcio';
import { ruleOf } from './kinds.ts';
import { listedIssuers, type NameSignerDeps } from './name-signer.ts';

/** Fulcio's OIDCIssuer (fulcio.proto): the URL, or the pattern, and how clients prove possession. */
export async function describeIssuers(
  deps: Pick<NameSignerDeps, 'db' | 'issuerUrl' | 'operatorIssuers'>,
): Promise<readonly object[]> {
  const { issuers, metaIssuers } = deps.operatorIssuers.config;
  const listed = (await listedIssuers(deps)).filter(({ url }) => !issuers.has(url));
  return [
    builtIn(deps.issuerUrl),
    ...[...issuers.values()].map((rule) => ({ issuerUrl: rule.issuerUrl, ...described(rule) })),
    ...[...metaIssuers].map(([pattern, rule]) => ({ wildcardIssuerUrl: pattern, ...described(rule) })),
    ...listed.map((choice) => ({ issuerUrl: choice.url, ...described(ruleOf(choice).rule) })),
  ];
}

function described(rule: IssuerRule) {
  return {
    audience: rule.clientId,
    challengeClaim: challengeClaimOf(rule),
    spiffeTrustDomain: rule.spiffeTrustDomain,
    issuerType: rule.type,
    subjectDomain: rule.subjectDomain,
    skipEmailVerification: rule.skipEmailVerification,
  };
}

function builtIn(issuerUrl: string) {
  return {
    issuerUrl,
    audience: 'sigstore',
    challengeClaim: 'sub',
    spiffeTrustDomain: '',
    issuerType: 'uri',
    subjectDomain: issuerUrl,
  };
}
