import type { IssuerRule } from './config.ts';

/** The last four are deprecated in Fulcio, and still in its built-in default configuration. */
export const ISSUER_TYPES = [
  'email',
  'username',
  'uri',
  'spiffe',
  'kubernetes',
  'ci-provider',
  'chainguard-identity',
  'github-workflow',
  'gitlab-pipeline',
  'buildkite-job',
  'codefresh-workflow',
] as const;
export type IssuerType = (typeof ISSUER_TYPES)[number];

export function issuerTypeOf(rule: Pick<IssuerRule, 'type'>): IssuerType | undefined {
  return ISSUER_TYPES.find((type) => type === rule.type);
}

/** What `/api/v2/configuration` says that clients sign; empty for a type that nobody knows. */
export function challengeClaimOf(rule: Pick<IssuerRule, 'type' | 'challengeClaim'>): string {
  if (rule.challengeClaim !== '') return rule.challengeClaim;
  const type = issuerTypeOf(rule);
  if (type === undefined) return '';
  return type === 'email' ? 'email' : 'sub';
}
