/** Previews of policies in what other commands show. The engine is read only where a contract has policies. */
import type { RunMaterial } from '@waybill/core/intoto';
import type { Judged } from './policy/verdict-text.ts';
import type { Output } from './output.ts';
import type { AttestationState } from './state.ts';
import { contractOf } from './stated-contract.ts';

export interface Preview {
  readonly judged: readonly Judged[];
  /** As a member of JSON output. */
  readonly json: readonly object[];
  /** Empty where no policy has anything to say. */
  text(output: Output): string;
}

const NONE: Preview = { judged: [], json: [], text: () => '' };
const TITLE = 'policies, as asked here; the server decides:';

/** Of all that is recorded, or of one material. */
export async function previewOf(state: AttestationState, only?: RunMaterial): Promise<Preview> {
  // Nothing is recorded, so nothing is there to be judged.
  if (state.materials.length === 0) return NONE;
  const { policies, policyGroups } = contractOf(state.contractDocument);
  if ((policies?.materials ?? []).length === 0 && (policyGroups ?? []).length === 0) return NONE;
  const [{ previewPolicies }, { judgedJson, judgedText }] = await Promise.all([
    import('./policy/preview.ts'),
    import('./policy/verdict-text.ts'),
  ]);
  const judged = await previewPolicies(state, only);
  if (judged.length === 0) return NONE;
  return {
    judged,
    json: judged.map(judgedJson),
    text: (output) => `${TITLE}\n${judgedText(judged, output)}`,
  };
}
