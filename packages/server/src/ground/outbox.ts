import type { Json } from '@waybill/core/bytes';
import { sql } from 'kysely';
import type { Tx } from './db.ts';

export interface OutboxEvent {
  readonly orgId: string;
  /** `<room>.<what happened>`, for example `attestation.accepted`. */
  readonly type: string;
  /** Ids and digests only: a follower reads the rest through the room's door. */
  readonly data: Json;
}

/** Records an event in the transaction of the change that it tells of: both happen or neither. */
export async function emit(tx: Tx, event: OutboxEvent): Promise<void> {
  await sql`insert into ground_outbox (org_id, type, data)
            values (${event.orgId}, ${event.type}, ${JSON.stringify(event.data)}::jsonb)`.execute(tx);
}
