export {
  type Envelope,
  envelopeJson,
  type EnvelopeSignature,
  formatEnvelope,
  IN_TOTO_PAYLOAD_TYPE,
  pae,
  parseEnvelope,
  readEnvelope,
} from './envelope.ts';
