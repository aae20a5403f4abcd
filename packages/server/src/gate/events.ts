import type { Decision } from '@waybill/api';
import { emit, type Tx } from '../ground/index.ts';

/** A gate has answered. */
export function emitDecided(tx: Tx, orgId: string, decision: Decision): Promise<void> {
  return emit(tx, {
    orgId,
    type: 'gate.decided',
    data: { decisionId: decision.id, outcome: decision.outcome, subject: decision.subject.digest },
  });
}
