import { RUN_PREDICATE_TYPE } from '../../intoto/index.ts';
import { type MaterialInput, type MaterialReader, readObject } from '../reader.ts';
import { isBundle, readClaim, readEnvelopeOf } from '../statement.ts';

const PREDICATE_TYPES: readonly string[] = [RUN_PREDICATE_TYPE, 'chainloop.dev/attestation/v0.2'];
const expected = {
  what: PREDICATE_TYPES.join(' or '),
  fits: (type: string) => PREDICATE_TYPES.includes(type),
};

/** The attestation of another workflow's run, as Sigstore bundle or DSSE envelope. */
export const attestationReader: MaterialReader = {
  kind: 'ATTESTATION',
  next: 'Take the bundle of another run, e.g. by waybill run describe --bundle',
  detect: (sample) => isBundle(sample) && fits(sample.bytes),
  validate: (input) => {
    const bundled = readObject(input).has('dsseEnvelope');
    return readClaim(readEnvelopeOf(input, bundled), expected);
  },
};

function fits(bytes: MaterialInput['bytes']): boolean {
  return readClaim(readEnvelopeOf({ bytes }, true), expected) !== undefined;
}
