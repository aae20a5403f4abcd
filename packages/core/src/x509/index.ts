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
export { readFulcioExtensions, signerNameOf } from './fulcio-identity.ts';
export { parseSctList, precertificateTbs, type Sct, verifySct } from './sct.ts';
export {
  parseTimestamp,
  type Timestamp,
  type TimestampAuthorityChain,
  verifyTimestamp,
} from './timestamp.ts';
export {
  buildIntermediateCertificate,
  buildRootCertificate,
  buildSigningTbs,
  buildTimestampCertificate,
  type CertificateFrame,
  type CertificateIssuer,
  type CertificateName,
  issuerFrom,
  type SanIdentity,
  serialFrom,
  signCertificate,
  type SigningCertificateInput,
} from './build-certificate.ts';
export { buildTimestampResponse, TIMESTAMP_POLICY, type TimestampSigner } from './build-timestamp.ts';
export { parseCsr } from './csr.ts';
export { type FulcioExtensionName, type FulcioExtensions } from './fulcio-extensions.ts';
export { formatPem } from './pem-writer.ts';
export { type CtEntry, ctMerkleTreeLeaf, sctListExtension, signSct } from './sign-sct.ts';
export {
  parseTimestampRequest,
  parseTimestampRequestJson,
  type TimestampRequest,
  timestampRequestFor,
} from './timestamp-request.ts';
export { publicKeyFromPkcs1 } from './rsa-key.ts';
