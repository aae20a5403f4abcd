import type { Decision } from '@waybill/api';
import { authorize, type Principal, targetOf } from '../identity/index.ts';
import type { GateDeps } from './deps.ts';
import { gateError } from './errors.ts';
import { findDecision } from './queries.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A decision of the caller's organisation; to a narrower token only one that it asked for itself. Throws `gate_decision_not_found`. */
export async function describeDecision(deps: GateDeps, principal: Principal, id: string): Promise<Decision> {
  authorize(principal, 'read', targetOf(principal.scope));
  const askedBy = principal.scope.type === 'organization' ? null : principal.tokenId;
  const decision = UUID.test(id)
    ? await deps.db.withOrg(principal.orgId, (tx) => findDecision(tx, id, askedBy))
    : null;
  if (decision === null) {
    throw gateError('gate_decision_not_found', `no decision ${JSON.stringify(id.slice(0, 80))}`);
  }
  return decision;
}
