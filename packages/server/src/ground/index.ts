/** What every room stands on: database, HTTP, blobs, log, time, secrets at rest. It knows no domain word. */
export { type AuditRow, writeAudit } from './audit.ts';
export { assertBlobKey, type BlobDriver, type BlobRange, type PutOptions } from './blob-driver.ts';
export { type Clock, systemClock } from './clock.ts';
export { type Config, configHelp, describeConfig, parseConfig } from './config.ts';
export { type Db, type DbOptions, type Lock, openDb, type Tx } from './db.ts';
export { type FileSystemOptions, openFileSystem } from './drivers/file-system.ts';
export { type App, createHttp, type HttpOptions } from './http.ts';
export { documentAnswer } from './http-document.ts';
export type { Readiness } from './http-meta.ts';
export { type InstanceLock, lockInstance } from './instance-lock.ts';
export { createLog, type Logger, type LogLevel } from './log.ts';
export { type MasterKeyOptions, openMasterKey } from './master-key.ts';
export { type Migration, migrate, readMigrations } from './migrate.ts';
export { emit, type OutboxEvent } from './outbox.ts';
export { type PostgresOptions, type PostgresServer, startPostgres } from './postgres.ts';
export { GROUND_PROBLEMS, type Problem, type ProblemMap } from './problems.ts';
export { createSeal, type Seal } from './seal.ts';
