import type { Receipt } from '@waybill/api';
import { atOnce } from '@waybill/core';
import { type AcceptInput, accept } from './accept.ts';
import type { AttestationDeps } from './deps.ts';

/** As many as the log and the disk gain by. */
const AT_ONCE = 8;

export type Accepted =
  | { readonly runId: string; readonly receipt: Receipt }
  | { readonly runId: string; readonly error: unknown };

/**
 * Attestations of several runs, each as if it came alone: its own verdict, its own commit, and what refuses one is no
 * matter of the others. In their order; never rejects.
 */
export async function acceptMany(
  deps: AttestationDeps,
  given: Pick<AcceptInput, 'principal' | 'requestId'> & {
    readonly attestations: readonly Pick<AcceptInput, 'runId' | 'bundle'>[];
  },
): Promise<readonly Accepted[]> {
  const { principal, requestId, attestations } = given;
  return atOnce(attestations, AT_ONCE, async ({ runId, bundle }) => {
    try {
      return { runId, receipt: await accept(deps, { principal, requestId, runId, bundle }) };
    } catch (error) {
      return { runId, error };
    }
  });
}
