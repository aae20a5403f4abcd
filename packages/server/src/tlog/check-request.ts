/** What is checked beside the main thread (`ground/threads`). */
import type { Json } from '@waybill/core/bytes';
import { formatHashedRekord } from '@waybill/core/tlog';
import { factsOf } from './facts.ts';
import { acceptRequest } from './parse-request.ts';
import type { EntryFacts } from './receipt.ts';

export interface CheckedRequest {
  readonly leaf: Uint8Array;
  readonly facts: EntryFacts;
}

/** The leaf for a request of Rekor v2 whose signature is proven. Throws what `acceptRequest` throws. */
function checkRequest(body: Json | undefined): CheckedRequest {
  const rekord = acceptRequest(body);
  return { leaf: formatHashedRekord(rekord), facts: factsOf(rekord) };
}

export const tasks = { checkRequest } as const;
export type TlogTasks = typeof tasks;

export const openTasks = (): TlogTasks => tasks;
