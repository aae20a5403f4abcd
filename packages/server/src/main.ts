/** The composition root: configuration in, world out, graceful stop. Nothing else knows all rooms. */
import { randomBytes } from 'node:crypto';
import { Secret } from '@waybill/core';
import {
  type AttestationDeps,
  attestationRoutes,
  countWorkflowRuns,
  documentRoom,
  expireStates,
  openExaminer,
  openJudge,
} from './attestation/index.ts';
import { type AuditDeps, anchorHeads, auditFollower, auditRoutes } from './audit/index.ts';
import { assertRestored } from './backup/index.ts';
import type { CheckTasks } from './checks.ts';
import { claimPort } from './claim-port.ts';
import { contractRoutes } from './contract/index.ts';
import { deadLetterRoutes } from './dead-letters.ts';
import { dependenciesOf } from './dependencies.ts';
import { gateRoutes } from './gate/index.ts';
import {
  type App,
  type BlobDriver,
  type Clock,
  type ClockGuard,
  type Config,
  createHttp,
  createLog,
  createMetrics,
  type Db,
  isLoopbackHost,
  type JobMetrics,
  type Limits,
  type LocalTime,
  type Logger,
  limitAddresses,
  localTime,
  lockInstance,
  measureDatabase,
  measureDisks,
  measureFollowers,
  measureHttp,
  measureOutbox,
  measureReadiness,
  metricsRoute,
  migrate,
  noTracing,
  openDb,
  openFileSystem,
  openMasterKey,
  openThreads,
  openTls,
  type PlaceMarker,
  placeMarker,
  type Readiness,
  readMigrations,
  repeatJob,
  shareTransactions,
  restampFeeds,
  type Seal,
  startFollowers,
  startPostgres,
  type Threads,
  type Tls,
  type Tracing,
  traceHttp,
  watchClock,
  watchDependencies,
} from './ground/index.ts';
import { bootstrap, checkIssuer, type IdentityDeps, identityRoutes, openIdentity } from './identity/index.ts';
import { infoRoutes } from './info.ts';
import { declareMetrics, type ServerMetrics } from './metrics.ts';
import { keepOwnerToken } from './owner-token.ts';
import { PROBLEMS } from './problems.ts';
import { expireUploads, openRegistry, type RegistryDeps, registryRoutes } from './registry/index.ts';
import { startTrust } from './start-trust.ts';
import { openStore } from './store/index.ts';
import { type HighWater, openHighWater, openTlog, type Tlog, tlogRoutes } from './tlog/index.ts';
import {
  FOREIGN_PATHS,
  type IssuerSources,
  issuerRoutes,
  openIssuers,
  type Trust,
  type Tuf,
  trustRoutes,
  tufRoutes,
} from './trust/index.ts';
import { VERSION } from './version.ts';

export interface RunningServer {
  readonly url: string;
  readonly app: App;
  readonly dataDir: string;
  /** Of the first start only: afterwards it is a file of the data directory. */
  readonly ownerToken: Secret<string> | null;
  /** Resolves with the reason when something that the server cannot live without is gone for good. */
  readonly lost: Promise<string>;
  /** Reads the certificate again; null over plain HTTP, where there is none. */
  readonly reload: (() => void) | null;
  /** Ends what runs, refuses what comes, within ten seconds. */
  close(): Promise<void>;
}

const SWEEP_INTERVAL_MS = 60 * 60 * 1000;
/** Of documents that pushes have in memory while they are checked. */
const DOCUMENT_BYTES = 256 * 1024 * 1024;
const ANCHOR_INTERVAL_MS = 10 * 60 * 1000;
/** So that a server which is often started anew anchors too. */
const ANCHOR_LOOK_MS = 60 * 1000;

export interface Surroundings {
  /** A clock that whoever set it believes; `time` is one that may be set under way. */
  readonly clock?: Clock;
  readonly time?: LocalTime;
  readonly log?: Logger;
  /** Closed with the server. */
  readonly tracing?: Tracing;
  /** How often grown audit chains are anchored; ten minutes unless told. */
  readonly anchorIntervalMs?: number;
  /** Stands between the rooms and the file system. */
  readonly blobs?: (driver: BlobDriver) => BlobDriver;
}

/** Starts the server. Whatever had been started is stopped again when a later part fails. */
export async function startServer(config: Config, around: Surroundings = {}): Promise<RunningServer> {
  const undo: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  };
  try {
    return { ...(await start(config, { ...around, undo })), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Text where a person reads it, JSON where a program does, unless the configuration says which. */
export function openLog(
  { logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>,
  tracing: Tracing = noTracing,
): Logger {
  const format = logFormat ?? (process.stderr.isTTY ? 'text' : 'json');
  const context = tracing === noTracing ? {} : { context: () => tracing.ids() };
  return createLog(logLevel, { format, version: VERSION, ...context });
}

type Undo = (() => Promise<void> | void)[];

async function start(
  config: Config,
  around: Surroundings & { readonly undo: Undo },
): Promise<Omit<RunningServer, 'close'>> {
  const { undo, tracing = noTracing } = around;
  undo.push(() => tracing.close());
  const log = around.log ?? openLog(config, tracing);
  const local = around.time ?? localTime(around.clock);
  const { clock } = local;
  const metrics = createMetrics();
  const measured = declareMetrics(metrics);
  for (const warning of config.warnings) log.warn(warning);
  const port = await claimPort(config.listen);
  undo.push(() => port.release());
  const publicUrl = config.publicUrl ?? `${config.tls === null ? 'http' : 'https'}://${port.authority}`;
  const tls = config.tls === null ? undefined : openTls({ files: config.tls, publicUrl, log, clock });
  if (tls) undo.push(() => tls.close());

  const lock = await lockInstance({ dataDir: config.dataDir, url: publicUrl, now: clock() });
  undo.push(() => lock.release());
  await assertRestored(config.dataDir);
  const { db, lost } = await openDatabase(config, { log, tracing, undo });
  await restampFeeds(db, log);
  const seal = await openMasterKey({ dataDir: config.dataDir, fromEnvironment: config.masterKey, db });
  const files = await openFileSystem({ root: config.blobsDir });
  const place = placeMarker(config.blobsDir);
  const highWater = config.logGuard === null ? null : openHighWater(config.logGuard);
  const blobs = around.blobs?.(files) ?? files;

  const watched = await watchClock({ ...config, local, db, log, metrics: measured });
  undo.push(watched.stop);
  const clockDoubt = watched.guard.doubt;

  const { allowUrlChange, limits, maxConnections, trustedProxies, caKey, runLifetimeMs } = config;
  const issuers = await openIssuers(config);
  const stores = { db, seal, blobs, place, highWater };
  const watching = { clock, clockDoubt, log, metrics: measured, tracing };
  const parts = { ...stores, ...watching, publicUrl, ...issuers };
  const anchorIntervalMs = around.anchorIntervalMs ?? ANCHOR_INTERVAL_MS;
  const lasting = { anchorIntervalMs, runLifetimeMs };
  const world = await openWorld({ ...parts, ...lasting, allowUrlChange, limits, caKey, undo });
  const { ownerToken } = await bootstrap({ db, clock, keepOwnerToken: keepOwnerToken(config.dataDir) });
  const ready = watchDependencies(dependenciesOf({ db, blobs, tlog: world.tlog }), log);
  measureReadiness(ready, measured.dependencies);
  measureDisks({ data: config.dataDir, blobs: config.blobsDir }, measured.disks);
  const app = createApp(world, { ...parts, tls, limits, maxConnections, trustedProxies, ready });
  await app.register(metricsRoute({ metrics, ...whoReadsMetrics(config, publicUrl) }));
  undo.push(() => app.close());
  await port.release();
  await app.listen({ host: config.listen.host, port: port.number });
  log.info({ url: publicUrl, data: config.dataDir }, 'ready');
  return { url: publicUrl, app, dataDir: config.dataDir, ownerToken, lost, reload: tls?.reload ?? null };
}

async function openDatabase(
  config: Config,
  around: { readonly log: Logger; readonly tracing: Tracing; readonly undo: Undo },
): Promise<{ readonly db: Db; readonly lost: Promise<string> }> {
  const { log, tracing, undo } = around;
  const embedded = config.databaseUrl === null ? await startPostgres({ dataDir: config.dataDir, log }) : null;
  if (embedded) undo.push(() => embedded.stop());
  const connection = embedded?.connection ?? { connectionString: config.databaseUrl?.reveal() ?? '' };
  await migrate(connection, await readMigrations(), log);
  const db = openDb({ connection, log, tracing });
  undo.push(() => db.close());
  return { db, lost: embedded?.lost ?? new Promise<string>(() => undefined) };
}

interface Parts extends IssuerSources {
  readonly metrics: ServerMetrics;
  readonly db: Db;
  readonly seal: Seal;
  readonly blobs: BlobDriver;
  readonly place: PlaceMarker;
  readonly highWater: HighWater | null;
  readonly clock: Clock;
  readonly clockDoubt: ClockGuard['doubt'];
  readonly log: Logger;
  readonly tracing: Tracing;
  readonly publicUrl: string;
}

/** The rooms, lowest first: each gets what is below it. */
interface World {
  readonly checks: Threads<CheckTasks>;
  readonly identity: IdentityDeps;
  readonly registry: RegistryDeps;
  readonly tlog: Tlog;
  readonly trust: Trust;
  readonly tuf: Tuf;
  readonly attestation: AttestationDeps;
  readonly audit: AuditDeps;
}

interface WorldOptions {
  readonly allowUrlChange: boolean;
  readonly limits: Limits;
  readonly anchorIntervalMs: number;
  readonly caKey: Config['caKey'];
  readonly runLifetimeMs: number;
  readonly undo: Undo;
}

async function openWorld(parts: Parts & WorldOptions): Promise<World> {
  const { db, seal, blobs, clock, log, metrics, tracing, publicUrl, allowUrlChange, limits, undo } = parts;
  const { anchorIntervalMs, runLifetimeMs } = parts;
  measureDatabase(db, metrics.database);
  measureOutbox(db, metrics.outbox);
  measureFollowers(db, metrics.followers);
  await checkIssuer({ db, clock }, publicUrl, {
    allowChange: allowUrlChange,
    howToAllow: 'allow it with --url-change allow and name the new issuer in your contracts',
  });
  const identity = await openIdentity({ db, clock, seal, log, publicUrl, limits });
  undo.push(() => identity.usage.settle());
  const checks: Threads<CheckTasks> = openThreads({ module: new URL('./checks.ts', import.meta.url), log });
  undo.push(() => checks.close());
  const judge = openJudge(log);
  undo.push(() => judge.close());
  const store = openStore(blobs);
  const tlog = await openLogs(parts);
  undo.push(() => tlog.close());
  const { trust, tuf } = await startTrust(parts, { identity, tlog });
  const registry = await openRegistry({ db, store, blobs, clock });
  const sweep = { name: 'expire-uploads', everyMs: SWEEP_INTERVAL_MS, run: () => expireUploads(registry) };
  undo.push(repeatJob(sweep, { log, metrics: metrics.jobs }));
  const attestation: AttestationDeps = {
    db,
    reads: shareTransactions(db),
    commits: shareTransactions(db),
    clock,
    log,
    metrics: metrics.attestation,
    tracing,
    examiner: openExaminer(checks),
    documents: documentRoom(DOCUMENT_BYTES),
    judge,
    registry,
    tlog,
    trust,
    publicUrl,
    version: VERSION,
    runLifetimeMs,
  };
  const forget = { name: 'expire-states', everyMs: SWEEP_INTERVAL_MS, run: () => expireStates(attestation) };
  undo.push(repeatJob(forget, { log, metrics: metrics.jobs }));
  const audit: AuditDeps = { db, clock, log, tlog, trust, anchorIntervalMs };
  startAudit(audit, { ...parts, metrics: metrics.jobs });
  return { checks, identity, registry, tlog, trust, tuf, attestation, audit };
}

function openLogs(parts: Parts): Promise<Tlog> {
  const { db, seal, blobs, place, highWater, clock, log, metrics, publicUrl } = parts;
  // Part of the names of logs that are born now; those that exist keep theirs.
  const instanceId = randomBytes(4).toString('hex');
  return openTlog({
    db,
    blobs,
    seal,
    place,
    highWater,
    clock,
    log,
    metrics: metrics.tlog,
    publicUrl,
    instanceId,
  });
}

function startAudit(audit: AuditDeps, around: { readonly metrics: JobMetrics; readonly undo: Undo }): void {
  const { db, log } = audit;
  const { metrics, undo } = around;
  const everyMs = Math.min(ANCHOR_LOOK_MS, audit.anchorIntervalMs);
  undo.push(repeatJob({ name: 'anchor-audit', everyMs, run: () => anchorHeads(audit) }, { log, metrics }));
  const followers = startFollowers({ db, log }, [auditFollower(db)]);
  undo.push(() => followers.close());
}

/** A server that only this machine reaches, under a name of elsewhere, has a proxy beside it that everybody comes through. */
function whoReadsMetrics({ listen, metricsToken }: Config, publicUrl: string) {
  const behindProxy = isLoopbackHost(listen.host) && !isLoopbackHost(new URL(publicUrl).host);
  return { token: metricsToken, behindProxy };
}

/** DER, of all authorities that issued here. */
function issuerChains(trust: Trust): readonly (readonly Uint8Array[])[] {
  return trust
    .trustedRoot()
    .certificateAuthorities.map(({ certificates }) => certificates.map(({ der }) => der));
}

function createApp(
  world: World,
  around: Omit<Parts, 'seal' | 'blobs' | 'place' | 'highWater' | 'clockDoubt'> &
    Pick<Config, 'limits' | 'maxConnections' | 'trustedProxies'> & {
      readonly tls: Tls | undefined;
      readonly ready: () => Promise<readonly Readiness[]>;
    },
): App {
  const { log, publicUrl, db, metrics, tracing, tls, limits, maxConnections, trustedProxies, ready } = around;
  const { checks, identity, registry, tlog, trust, tuf, attestation, audit } = world;
  const { clock } = attestation;
  const app = createHttp({
    log,
    problems: PROBLEMS,
    version: VERSION,
    publicUrl,
    tls,
    maxConnections,
    trustedProxies,
    ready,
    foreignPaths: FOREIGN_PATHS,
  });
  measureHttp(app, metrics.http);
  traceHttp(app, tracing);
  // After the measuring, so that what is refused is counted too.
  limitAddresses(app, limits.addressPerSecond);
  const rooms = [
    infoRoutes({ version: VERSION, publicUrl, trust }),
    identityRoutes({ ...identity, verify: trust.verifyPipelineToken }),
    tlogRoutes({ tlog, checks, issuerChains: () => issuerChains(trust) }),
    trustRoutes(trust),
    tufRoutes(tuf),
    issuerRoutes({ db, clock, publicUrl, operatorIssuers: around.operatorIssuers, identity }),
    contractRoutes({ db, clock, identity, countRuns: countWorkflowRuns }),
    registryRoutes({ registry, identity, publicUrl }),
    attestationRoutes({ attestation, identity }),
    gateRoutes({ gate: { db, clock, log, metrics: metrics.gate, attestation }, identity }),
    auditRoutes({ audit, identity }),
    deadLetterRoutes({ db, identity }),
  ];
  for (const room of rooms) void app.register(room);
  return app;
}
