/** What a policy said, for people and for programs. */
import type { PolicyVerdict } from '@waybill/core/policy';
import type { Colour, Output } from '../output.ts';

/** Of one policy about one piece of evidence. */
export interface Judged {
  readonly policy: string;
  /** Null: not about one material. */
  readonly material: string | null;
  /** False: what it finds blocks nothing. */
  readonly enforced: boolean;
  readonly verdict: PolicyVerdict;
}

const COLOURS: Readonly<Record<PolicyVerdict['outcome'], Colour>> = {
  holds: 'green',
  fails: 'red',
  'not applicable': 'dim',
  undetermined: 'yellow',
};
/** More of one policy only repeats it. */
const MAX_MESSAGES = 20;

/** A line for each, and one for each of its reasons. */
export function judgedText(all: readonly Judged[], output: Output): string {
  return all.flatMap((one) => judgedLines(one, output)).join('\n');
}

function judgedLines({ policy, material, enforced, verdict }: Judged, output: Output): readonly string[] {
  const about = material === null ? '' : ` (${material})`;
  const word = output.paint(COLOURS[verdict.outcome], verdict.outcome);
  const cause = verdict.outcome === 'undetermined' ? ` (${verdict.cause})` : '';
  const advisory = enforced || isGood(verdict) ? '' : ', advisory';
  return [
    `policy ${policy}${about}: ${word}${cause}${advisory}`,
    ...reasonsOf(verdict).map((text) => `  ${text}`),
  ];
}

function reasonsOf(verdict: PolicyVerdict): readonly string[] {
  if (verdict.outcome === 'holds') return [];
  if (verdict.outcome !== 'fails') return [verdict.reason];
  const { messages } = verdict;
  const left = messages.length - MAX_MESSAGES;
  return [...messages.slice(0, MAX_MESSAGES), ...(left > 0 ? [`and ${left} more`] : [])];
}

export function judgedJson({ policy, material, enforced, verdict }: Judged): object {
  return { policy, material, enforced, ...verdict };
}

/** It lets through whatever it is about. */
export function isGood({ outcome }: PolicyVerdict): boolean {
  return outcome === 'holds' || outcome === 'not applicable';
}
