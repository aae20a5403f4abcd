/** Signing with a server's trust services, as its unmodified Sigstore clients do. */
export { certificateFor } from './certificate.ts';
export type { SigstoreCode, SigstoreServer } from './post.ts';
export { type SignAs, signStatement } from './sign-statement.ts';
export { timestampOf } from './timestamp.ts';
