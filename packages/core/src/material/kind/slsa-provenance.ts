import type { MaterialInput, MaterialReader, ReaderFacts } from '../reader.ts';
import { isBundle, isSlsaProvenance, readClaim, readEnvelopeOf } from '../statement.ts';

const expected = { what: 'https://slsa.dev/provenance/v1', fits: isSlsaProvenance };

/** SLSA provenance v1 in a Sigstore bundle. Whether its signature holds is for verification, not for the form. */
export const slsaProvenanceReader: MaterialReader = {
  kind: 'SLSA_PROVENANCE',
  next: 'Take the Sigstore bundle that the builder wrote (SLSA provenance v1)',
  detect: (sample) => isBundle(sample) && read(sample) !== undefined,
  validate: (input) => read(input),
};

function read(input: MaterialInput): ReaderFacts {
  return readClaim(readEnvelopeOf(input, true), expected);
}
