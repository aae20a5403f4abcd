/** The audit trail as a chain of hashes, and the anchors of its head. */
export { AUDIT_ANCHOR_TYPE, type AuditAnchor, checkAnchor, formatAnchor, readAnchor } from './anchor.ts';
export { type AuditEntry, type AuditLink, type ChainHead, hashLink, verifyLinks } from './chain.ts';
