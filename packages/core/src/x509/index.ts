export {
  type Certificate,
  type CertificateExtension,
  type KeyUsage,
  parseCertificate,
  parsePem,
  pemBlocks,
  verifyIssuedBy,
} from './certificate.ts';
export { type ChainOptions, isValidAt, verifyChain } from './chain.ts';
export type { SubjectAlternativeName } from './names.ts';
export { EKU, OID } from './oids.ts';
