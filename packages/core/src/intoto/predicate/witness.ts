import { Fields, type Json } from '../../bytes/index.ts';
import { CodedError } from '../../errors.ts';

/** in-toto/go-witness attestation/collection.go. */
export const WITNESS_COLLECTION_TYPE = 'https://witness.testifysec.com/attestation-collection/v0.1';

/** What one of witness's attestors recorded of a step. */
export interface WitnessAttestation {
  /** `https://witness.dev/attestations/git/v0.1`. */
  readonly type: string;
  /** In the form of that attestor. */
  readonly attestation: Json;
  /** RFC 3339, by the clock of the machine; '' when not stated. */
  readonly startedAt: string;
  readonly finishedAt: string;
}

export interface WitnessCollection {
  /** The step of the pipeline. */
  readonly name: string;
  readonly attestations: readonly WitnessAttestation[];
}

const MAX_ATTESTATIONS = 1_000;

/** Throws `witness_collection_invalid`, `shape_invalid`. */
export function parseWitnessCollection(predicate: Json): WitnessCollection {
  const fields = new Fields(predicate, 'predicate');
  const items = fields.objects('attestations');
  if (items.length > MAX_ATTESTATIONS) {
    throw invalid(`predicate.attestations: ${items.length} items, the limit is ${MAX_ATTESTATIONS}`);
  }
  return { name: fields.string('name'), attestations: items.map(readAttestation) };
}

function readAttestation(item: Fields): WitnessAttestation {
  const attestation = item.raw('attestation');
  if (attestation === undefined) throw invalid(`${item.at}.attestation: expected what was recorded`);
  return {
    type: item.string('type'),
    attestation,
    startedAt: item.optionalString('starttime') ?? '',
    finishedAt: item.optionalString('endtime') ?? '',
  };
}

function invalid(message: string): CodedError<'witness_collection_invalid'> {
  return new CodedError('witness_collection_invalid', message);
}
