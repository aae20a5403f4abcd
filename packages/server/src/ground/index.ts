/** What every room stands on: database, HTTP, blobs, log, time, secrets at rest. It knows no domain word. */
export { type AuditRow, writeAudit } from './audit.ts';
export { assertBlobKey, type BlobDriver, type BlobRange, type PutOptions } from './blob-driver.ts';
export { type Clock, systemClock } from './clock.ts';
export { type Config, configHelp, describeConfig, type Limits, parseConfig } from './config.ts';
export { type Db, type DbOptions, type Lock, openDb, type Tx } from './db.ts';
export { databaseMetrics, measureDatabase } from './db-metrics.ts';
export { diskMetrics, measureDisks } from './disk-metrics.ts';
export { type FileSystemOptions, openFileSystem } from './drivers/file-system.ts';
export { AUDIT_FEED, type AuditRecord, type FollowedEvent, OUTBOX_FEED } from './feed.ts';
export {
  type Follower,
  type FollowerLimits,
  type FollowersDeps,
  type RunningFollowers,
  startFollowers,
} from './follower.ts';
export { followerMetrics, measureFollowers } from './follower-metrics.ts';
export {
  type DeadLetter,
  type FollowerLag,
  listDeadLetters,
  readLag,
  retryDeadLetter,
} from './follower-rows.ts';
export { type App, createHttp, type HttpOptions } from './http.ts';
export { documentAnswer } from './http-document.ts';
export { limitAddresses } from './http-limits.ts';
export {
  type HttpMetrics,
  httpMetrics,
  isLoopbackHost,
  measureHttp,
  metricsRoute,
  nameRoute,
} from './http-metrics.ts';
export { traceHttp } from './http-tracing.ts';
export { type InstanceLock, lockInstance } from './instance-lock.ts';
export { type JobMetrics, jobMetrics, repeatJob } from './jobs.ts';
export { createLog, type LogFormat, type Logger, type LogLevel } from './log.ts';
export { MASTER_KEY_FILE, type MasterKeyOptions, openGivenKey, openMasterKey } from './master-key.ts';
export { type Counter, createMetrics, type Gauge, type Histogram, type Metrics } from './metrics.ts';
export { type Migration, migrate, readMigrations } from './migrate.ts';
export { emit, measureOutbox, type OutboxEvent, outboxMetrics } from './outbox.ts';
export { type PostgresOptions, type PostgresServer, startPostgres } from './postgres.ts';
export { hasCluster, runningPostgres } from './postgres-running.ts';
export { GROUND_PROBLEMS, type Problem, type ProblemMap } from './problems.ts';
export { addressKey, createRateLimit, rateLimited, retryAfterOf } from './rate-limit.ts';
export { type AuditFilter, countAudit, listAudit, readAudit } from './read-audit.ts';
export {
  type Dependency,
  measureReadiness,
  type Readiness,
  readinessMetrics,
  watchDependencies,
} from './readiness.ts';
export { restampFeeds } from './restamp.ts';
export { createSeal, type Seal } from './seal.ts';
export {
  type IdCounter,
  isUnused,
  loadSnapshot,
  orderForLoading,
  type Snapshot,
  type TableShape,
  withSnapshot,
} from './snapshot.ts';
export { thisOrg } from './this-org.ts';
export { openTls, type Tls, type TlsOptions } from './tls.ts';
export { noTracing, openTracing, type Tracing } from './tracing.ts';
