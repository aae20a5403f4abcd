export {
  type Envelope,
  type EnvelopeSignature,
  envelopeJson,
  formatEnvelope,
  IN_TOTO_PAYLOAD_TYPE,
  pae,
  parseEnvelope,
  readEnvelope,
} from './envelope.ts';
