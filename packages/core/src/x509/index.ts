export {
  buildIntermediateCertificate,
  buildRootCertificate,
  buildSigningTbs,
  buildTimestampCertificate,
  type CertificateFrame,
  type CertificateIssuer,
  type CertificateName,
  embedSctList,
  issuerFrom,
  precertificateWith,
  type SanIdentity,
  type SigningCertificateInput,
  serialFrom,
  signCertificate,
  signPrecertificate,
} from './build-certificate.ts';
export {
  buildTimestampResponse,
  TIMESTAMP_POLICY,
  type TimestampStatement,
  type TimestampSigner,
  timestampSigner,
} from './build-timestamp.ts';
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
export { parseCsr } from './csr.ts';
export { type CtLeaf, formatCtExtraData, parseCtLeaf } from './ct-leaf.ts';
export { type FulcioExtensionName, type FulcioExtensions } from './fulcio-extensions.ts';
export { readFulcioExtensions, signerNameOf } from './fulcio-identity.ts';
export type { SubjectAlternativeName } from './names.ts';
export { EKU, OID } from './oids.ts';
export { formatPem } from './pem-writer.ts';
export { publicKeyFromPkcs1 } from './rsa-key.ts';
export { parseSctList, precertificateTbs, type Sct, verifySct } from './sct.ts';
export { type CtEntry, ctMerkleTreeLeaf, sctListExtension, signSct } from './sign-sct.ts';
export {
  parseTimestamp,
  type Timestamp,
  type TimestampAuthorityChain,
  verifyTimestamp,
} from './timestamp.ts';
export {
  parseTimestampRequest,
  parseTimestampRequestJson,
  type TimestampRefusal,
  type TimestampRequest,
  timestampRequestFor,
} from './timestamp-request.ts';
