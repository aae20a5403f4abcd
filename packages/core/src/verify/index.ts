export type { VerifyCode } from './errors.ts';
export type { Expectations } from './expectations.ts';
export { type HandedOver, handOver, takeOver } from './hand-over.ts';
export type { Artifact } from './signed-content.ts';
export {
  type LogReceipt,
  type Signer,
  type SigningFacts,
  type Verified,
} from './verified.ts';
export { type EnvelopeOptions, type VerifiedEnvelope, verifyEnvelope } from './verify-envelope.ts';
export {
  type VerifiedContent,
  type VerifiedStatement,
  type VerifyOptions,
  verifyBundle,
  verifyStatementBundle,
} from './verify-bundle.ts';
