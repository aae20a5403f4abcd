/** Signing with a server's trust services, as its unmodified Sigstore clients do. */
export { certificateFor } from './certificate.ts';
export { type LoggedSignature, logEntryOf } from './log-entry.ts';
export type { Service, SigstoreCode } from './post.ts';
export { servicesOf, type TrustServices } from './services.ts';
export { signBundle, type ToSign } from './sign-bundle.ts';
export { type SignAs, signStatement } from './sign-statement.ts';
export { keylessSigner, keySigner, type Signer } from './signer.ts';
export { timestampOf } from './timestamp.ts';
