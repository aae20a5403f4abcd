import type { FulcioConfig, IssuerRule } from './config.ts';
import { issuerTypeOf } from './issuer-types.ts';

/** What a `*` of a pattern stands for: never a dot, a slash, or anything that ends a host. */
const WILDCARD = '[-_a-zA-Z0-9]+';

/** True when the pattern matches the whole URL: a part of it would let any host through (GHSA-59jp-pj84-45mr). */
export function matchesIssuer(pattern: string, issuerUrl: string): boolean {
  if (pattern.length > 2000 || issuerUrl.length > 2000) return false;
  const parts = pattern.split('*').map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join(WILDCARD)}$`).test(issuerUrl);
}

/** The rule for the issuer of a token: the one of that very URL, else that of the longest pattern that matches. */
export function findIssuer(config: FulcioConfig, issuerUrl: string): IssuerRule | undefined {
  const exact = config.issuers.get(issuerUrl);
  const rule = exact ?? matchedRule(config, issuerUrl);
  return rule?.issuerUrl === issuerUrl && issuerTypeOf(rule) !== undefined ? rule : undefined;
}

/** Fulcio takes any pattern that matches; the same one for each token is better. */
function matchedRule({ metaIssuers }: FulcioConfig, issuerUrl: string): IssuerRule | undefined {
  const [pattern] = [...metaIssuers.keys()]
    .filter((candidate) => matchesIssuer(candidate, issuerUrl))
    .toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const rule = pattern === undefined ? undefined : metaIssuers.get(pattern);
  return rule && { ...rule, issuerUrl, spiffeTrustDomain: '', challengeClaim: '' };
}
