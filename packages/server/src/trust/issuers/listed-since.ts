import type { TrustDeps } from '../deps.ts';
import { findIssuerRow } from '../queries.ts';

const ALWAYS = new Date(0);

/**
 * Since when an organisation takes an issuer's word for who signs; undefined where it does not. All organisations get
 * their certificates from one authority: what one of them lists must not sign for another that never did.
 */
export async function listedSince(
  deps: Pick<TrustDeps, 'db' | 'issuerUrl' | 'operatorIssuers'>,
  orgId: string,
  issuer: string,
): Promise<Date | undefined> {
  if (issuer === deps.issuerUrl || deps.operatorIssuers.find(issuer)) return ALWAYS;
  const row = await deps.db.withOrg(orgId, (tx) => findIssuerRow(tx, issuer));
  return row?.createdAt;
}
