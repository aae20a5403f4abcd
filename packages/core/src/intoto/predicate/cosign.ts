import { Fields, type Json } from '../../bytes/index.ts';

/** sigstore/cosign specs/COSIGN_PREDICATE_SPEC.md: `cosign attest --type custom`, over a statement of version 0.1. */
export const COSIGN_PREDICATE_TYPE = 'https://cosign.sigstore.dev/attestation/v1';

export interface CosignPredicate {
  /** The file as it was; cosign puts JSON in as JSON. */
  readonly data: Json;
  /** RFC 3339, by the clock of the signing machine; '' when not stated. */
  readonly timestamp: string;
}

/** Throws `shape_invalid`. */
export function parseCosignPredicate(predicate: Json): CosignPredicate {
  const fields = new Fields(predicate, 'predicate');
  const data = fields.raw('Data');
  return {
    data: data === undefined ? fields.string('Data') : data,
    timestamp: fields.optionalString('Timestamp') ?? '',
  };
}
