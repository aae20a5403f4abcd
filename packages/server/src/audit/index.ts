/** Room 13: the audit trail as a chain that is anchored in the log; list, verify. */
export { anchorHeads } from './anchor-heads.ts';
export { auditFollower } from './chain-rows.ts';
export type { AuditDeps } from './deps.ts';
export { AUDIT_PROBLEMS, type AuditCode } from './errors.ts';
export { type AuditRoutesDeps, auditRoutes } from './routes.ts';
