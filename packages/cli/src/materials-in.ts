import { parseBundle } from '@waybill/core/bundle';
import { parseRunPredicate, parseStatement, type RunMaterial } from '@waybill/core/intoto';
import { cliError } from './exit.ts';

/** What the attestation in a bundle states of materials: nothing of it is proven here. Throws the codes of the parsers. */
export function materialsIn(bundle: string): readonly RunMaterial[] {
  const { content } = parseBundle(bundle);
  if (content.type !== 'dsse') throw cliError('cli_not_attached', 'the bundle of the run holds no statement');
  return parseRunPredicate(parseStatement(content.envelope.payload).claimed.predicate).materials;
}
