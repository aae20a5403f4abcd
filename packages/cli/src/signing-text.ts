import { listing, type Output } from './output.ts';
import type { SignedBundle } from './signing.ts';
import { provenSignerText } from './text.ts';

export interface SignedFacts {
  readonly artifact: string;
  readonly bundle: string;
  readonly signer: string;
  readonly signedAt: string | null;
  readonly log: { readonly origin: string; readonly logIndex: number } | null;
}

/** What a finished bundle proves. */
export function signedFacts(artifact: string, { proven }: SignedBundle, bundle: string): SignedFacts {
  const { signer, signedAt, logged } = proven;
  return {
    artifact,
    bundle,
    signer: provenSignerText(signer),
    signedAt: signedAt?.toISOString() ?? null,
    log: logged,
  };
}

export function signedText(facts: SignedFacts, output: Output): string {
  const { artifact, bundle, signer, signedAt, log } = facts;
  return listing([
    [artifact, output.paint('green', 'signed')],
    ['bundle', bundle],
    ['signer', signer],
    ['signed', signedAt],
    ['log index', log && `${log.logIndex} in ${log.origin}`],
  ]);
}
