export { DEFAULT_LIMITS, type SequencerLimits, type TlogDeps } from './deps.ts';
export { TLOG_PROBLEMS, type TlogCode } from './errors.ts';
export { exportLog, freezeLogs, type LogMoment, logLockName, logsAt } from './export.ts';
export type { FrozenLog } from './frozen.ts';
export { tlogMetrics } from './metrics.ts';
export { openTlog, type PrecertificateEntry, type Tlog } from './open.ts';
export type { LogDescription, PublishedLog } from './published.ts';
export type { EntryFacts, LogEntryReceipt, LogKind } from './receipt.ts';
export { type TlogRoutesDeps, tlogRoutes } from './routes/index.ts';
