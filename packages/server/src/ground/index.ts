/** What every room stands on: database, HTTP, blobs, log, time, secrets at rest. It knows no domain word. */

export { type Config, configHelp, describeConfig, type Limits, parseConfig } from './config/config.ts';
export { askTogether } from './db/ask-together.ts';
export { type Db, type DbOptions, type Lock, openDb, type Tx } from './db/db.ts';
export { databaseMetrics, measureDatabase } from './db/metrics.ts';
export { type Migration, migrate, readMigrations } from './db/migrate.ts';
export {
  type IdCounter,
  isUnused,
  loadSnapshot,
  orderForLoading,
  type Snapshot,
  type TableShape,
  withSnapshot,
} from './db/snapshot.ts';
export { type SharedTransactions, shareTransactions } from './db/share-transaction.ts';
export { thisOrg } from './db/this-org.ts';
export { assertBlobKey, type BlobDriver, type BlobRange, type PutOptions } from './drivers/blob-driver.ts';
export { type FileSystemOptions, openFileSystem } from './drivers/file-system.ts';
export { type PlaceMarker, placeMarker } from './drivers/place.ts';
export { replaceFile } from './drivers/replace-file.ts';
export { createEgress, type Egress, type EgressOptions } from './egress/egress.ts';
export { type AuditRow, writeAudit } from './feeds/audit.ts';
export { AUDIT_FEED, type AuditRecord, type FollowedEvent, OUTBOX_FEED } from './feeds/feed.ts';
export { emit, measureOutbox, type OutboxEvent, outboxMetrics } from './feeds/outbox.ts';
export { type AuditFilter, countAudit, listAudit, readAudit } from './feeds/read-audit.ts';
export { restampFeeds } from './feeds/restamp.ts';
export {
  type Follower,
  type FollowerLimits,
  type FollowersDeps,
  type RunningFollowers,
  startFollowers,
} from './followers/follower.ts';
export { followerMetrics, measureFollowers } from './followers/metrics.ts';
export {
  type DeadLetter,
  type FollowerLag,
  listDeadLetters,
  readLag,
  retryDeadLetter,
} from './followers/rows.ts';
export { documentAnswer } from './http/document.ts';
export { type App, createHttp, type HttpOptions } from './http/http.ts';
export { limitAddresses } from './http/limits.ts';
export {
  type HttpMetrics,
  httpMetrics,
  isLoopbackHost,
  measureHttp,
  metricsRoute,
  nameRoute,
} from './http/metrics.ts';
export { addressKey, createRateLimit, type RateLimit, rateLimited, retryAfterOf } from './http/rate-limit.ts';
export { traceHttp } from './http/tracing.ts';
export type { ForeignPaths, UnknownRoute } from './http/unknown-routes.ts';
export { type InstanceLock, lockInstance } from './instance/lock.ts';
export { createLog, type LogFormat, type Logger, type LogLevel } from './log/log.ts';
export { diskMetrics, measureDisks } from './observe/disk-metrics.ts';
export { type Counter, createMetrics, type Gauge, type Histogram, type Metrics } from './observe/metrics.ts';
export {
  type Dependency,
  measureReadiness,
  type Readiness,
  readinessMetrics,
  watchDependencies,
} from './observe/readiness.ts';
export { noTracing, openTracing, type Tracing } from './observe/tracing.ts';
export { type PostgresOptions, type PostgresServer, startPostgres } from './postgres/postgres.ts';
export { hasCluster, runningPostgres } from './postgres/running.ts';
export { GROUND_PROBLEMS, type Problem, type ProblemMap } from './problems/problems.ts';
export { FairQueue } from './processes/fair-queue.ts';
export { openProcesses } from './processes/processes.ts';
export { MASTER_KEY_FILE, type MasterKeyOptions, openGivenKey, openMasterKey } from './secrets/master-key.ts';
export { createSeal, type Seal } from './secrets/seal.ts';
export type { Fault, OpenTasks, Tasks } from './threads/messages.ts';
export { openThreads, type Threads, type ThreadsOptions } from './threads/threads.ts';
export { type Clock, localTime, systemClock } from './time/clock.ts';
export type { ClockGuard, LocalTime } from './time/clock-guard.ts';
export { type JobMetrics, jobMetrics, repeatJob } from './time/jobs.ts';
export { clockMetrics } from './time/metrics.ts';
export { watchClock } from './time/watch-clock.ts';
export { openTls, type Tls, type TlsOptions } from './tls/tls.ts';
