import type { Digest } from '@waybill/core/digest';
import { emit, type Tx } from '../ground/index.ts';

/** A run has its verdict. Ids and digests only: whoever wants more asks this room. */
export interface RunJudged {
  readonly runId: string;
  readonly result: 'PASSED' | 'FAILED';
  readonly bundleDigest: Digest;
  readonly vsaBundleDigest: Digest;
}

export function emitRunJudged(tx: Tx, orgId: string, event: RunJudged): Promise<void> {
  return emit(tx, { orgId, type: 'attestation.run-judged', data: { ...event } });
}
