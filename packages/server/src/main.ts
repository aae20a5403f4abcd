/** The composition root: configuration in, world out, graceful stop. Nothing else knows all rooms. */
import { randomBytes } from 'node:crypto';
import { CodedError, Secret } from '@waybill/core';
import { ATTESTATION_PROBLEMS, type AttestationDeps, attestationRoutes } from './attestation/index.ts';
import { claimPort } from './claim-port.ts';
import { CONTRACT_PROBLEMS, contractRoutes } from './contract/index.ts';
import { GATE_PROBLEMS, gateRoutes } from './gate/index.ts';
import {
  type App,
  type BlobDriver,
  type Clock,
  type Config,
  createHttp,
  createLog,
  type Db,
  type Logger,
  lockInstance,
  migrate,
  openDb,
  openFileSystem,
  openMasterKey,
  type Readiness,
  readMigrations,
  type Seal,
  startPostgres,
  systemClock,
} from './ground/index.ts';
import {
  bootstrap,
  checkIssuer,
  IDENTITY_PROBLEMS,
  type IdentityDeps,
  identityRoutes,
  issuerUrlOf,
  openIdentity,
  verifyIdentityToken,
} from './identity/index.ts';
import { infoRoutes } from './info.ts';
import { keepOwnerToken } from './owner-token.ts';
import {
  expireUploads,
  openRegistry,
  REGISTRY_PROBLEMS,
  type RegistryDeps,
  registryRoutes,
} from './registry/index.ts';
import { openStore, STORE_PROBLEMS } from './store/index.ts';
import { openTlog, TLOG_PROBLEMS, type Tlog, tlogRoutes } from './tlog/index.ts';
import { openTrust, TRUST_PROBLEMS, type Trust, trustRoutes } from './trust/index.ts';
import { VERSION } from './version.ts';

export interface RunningServer {
  readonly url: string;
  readonly app: App;
  readonly dataDir: string;
  /** Of the first start only: afterwards it is a file of the data directory. */
  readonly ownerToken: Secret<string> | null;
  /** Resolves with the reason when something that the server cannot live without is gone for good. */
  readonly lost: Promise<string>;
  /** Ends what runs, refuses what comes, within ten seconds. */
  close(): Promise<void>;
}

const RUN_LIFETIME_MS = 24 * 60 * 60 * 1000;
const SWEEP_INTERVAL_MS = 60 * 60 * 1000;

/** Starts the server. Whatever had been started is stopped again when a later part fails. */
export async function startServer(
  config: Config,
  around: { readonly clock?: Clock; readonly log?: Logger } = {},
): Promise<RunningServer> {
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

type Undo = (() => Promise<void> | void)[];

async function start(
  config: Config,
  around: { readonly clock?: Clock; readonly log?: Logger; readonly undo: Undo },
): Promise<Omit<RunningServer, 'close'>> {
  const { undo } = around;
  const log = around.log ?? createLog(config.logLevel);
  const clock = around.clock ?? systemClock;
  for (const warning of config.warnings) log.warn(warning);
  const port = await claimPort(config.listen);
  const publicUrl = config.publicUrl ?? `http://${port.authority}`;

  const lock = await lockInstance({ dataDir: config.dataDir, url: publicUrl, now: clock() });
  undo.push(() => lock.release());
  const { db, lost } = await openDatabase(config, { log, undo });
  const seal = await openMasterKey({ dataDir: config.dataDir, fromEnvironment: config.masterKey, db });
  const blobs = await openFileSystem({ root: config.blobsDir });

  const { allowUrlChange } = config;
  const world = await openWorld({ db, seal, blobs, clock, log, publicUrl, allowUrlChange, undo });
  const { ownerToken } = await bootstrap({ db, clock, keepOwnerToken: keepOwnerToken(config.dataDir) });
  const app = createApp(world, { log, publicUrl, db, blobs });
  undo.push(() => app.close());
  await port.release();
  await app.listen({ host: config.listen.host, port: port.number });
  log.info({ url: publicUrl, data: config.dataDir }, 'ready');
  return { url: publicUrl, app, dataDir: config.dataDir, ownerToken, lost };
}

async function openDatabase(
  config: Config,
  around: { readonly log: Logger; readonly undo: Undo },
): Promise<{ readonly db: Db; readonly lost: Promise<string> }> {
  const { log, undo } = around;
  const embedded = config.databaseUrl === null ? await startPostgres({ dataDir: config.dataDir, log }) : null;
  if (embedded) undo.push(() => embedded.stop());
  const connection = embedded?.connection ?? { connectionString: config.databaseUrl?.reveal() ?? '' };
  await migrate(connection, await readMigrations(), log);
  const db = openDb({ connection, log });
  undo.push(() => db.close());
  return { db, lost: embedded?.lost ?? new Promise<string>(() => undefined) };
}

interface Parts {
  readonly db: Db;
  readonly seal: Seal;
  readonly blobs: BlobDriver;
  readonly clock: Clock;
  readonly log: Logger;
  readonly publicUrl: string;
  readonly allowUrlChange: boolean;
  readonly undo: Undo;
}

/** The rooms, lowest first: each gets what is below it. */
interface World {
  readonly identity: IdentityDeps;
  readonly registry: RegistryDeps;
  readonly tlog: Tlog;
  readonly trust: Trust;
  readonly attestation: AttestationDeps;
}

async function openWorld(parts: Parts): Promise<World> {
  const { db, seal, blobs, clock, log, publicUrl, allowUrlChange, undo } = parts;
  await checkIssuer({ db, clock }, publicUrl, {
    allowChange: allowUrlChange,
    howToAllow: 'allow it with --url-change allow and name the new issuer in your contracts',
  });
  const identity = await openIdentity({ db, clock, seal, log, publicUrl });
  undo.push(() => identity.usage.settle());
  const store = openStore(blobs);
  // Part of the names of logs that are born now; those that exist keep theirs.
  const instanceId = randomBytes(4).toString('hex');
  const tlog = await openTlog({ db, blobs, seal, clock, log, publicUrl, instanceId });
  undo.push(() => tlog.close());
  const trust = await openTrust({
    db,
    seal,
    clock,
    publicUrl,
    issuerUrl: issuerUrlOf(publicUrl),
    tlog,
    verifyIdentityToken: (jwt) => verifyIdentityToken(identity, jwt),
    randomBytes,
  });
  const registry = await openRegistry({ db, store, blobs, clock });
  undo.push(sweep(registry, log));
  const attestation: AttestationDeps = {
    db,
    clock,
    log,
    registry,
    tlog,
    trust,
    publicUrl,
    version: VERSION,
    runLifetimeMs: RUN_LIFETIME_MS,
  };
  return { identity, registry, tlog, trust, attestation };
}

/** Abandoned uploads, once an hour. */
function sweep(registry: RegistryDeps, log: Logger): () => void {
  const timer = setInterval(() => {
    expireUploads(registry).catch((error: unknown) => log.warn({ err: error }, 'uploads were not swept'));
  }, SWEEP_INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Codes of all rooms and how HTTP shows them. */
export const PROBLEMS = {
  ...IDENTITY_PROBLEMS,
  ...STORE_PROBLEMS,
  ...TLOG_PROBLEMS,
  ...TRUST_PROBLEMS,
  ...CONTRACT_PROBLEMS,
  ...REGISTRY_PROBLEMS,
  ...ATTESTATION_PROBLEMS,
  ...GATE_PROBLEMS,
};

function createApp(
  world: World,
  around: {
    readonly log: Logger;
    readonly publicUrl: string;
    readonly db: Db;
    readonly blobs: BlobDriver;
  },
): App {
  const { log, publicUrl, db, blobs } = around;
  const { identity, registry, tlog, trust, attestation } = world;
  const { clock } = attestation;
  const app = createHttp({
    log,
    problems: PROBLEMS,
    version: VERSION,
    publicUrl,
    ready: () =>
      Promise.all([
        readiness('database', () => db.ping()),
        readiness('blobs', () => blobs.ping()),
        readiness('transparency log', () => tlog.checkpoint('rekor')),
        readiness('certificate log', () => tlog.checkpoint('ct')),
      ]),
  });
  const rooms = [
    infoRoutes({ version: VERSION, publicUrl, trust }),
    identityRoutes(identity),
    tlogRoutes({ tlog }),
    trustRoutes(trust),
    contractRoutes({ db, clock, identity }),
    registryRoutes({ registry, identity, publicUrl }),
    attestationRoutes({ attestation, identity }),
    gateRoutes({ gate: { db, clock, log, attestation }, identity }),
  ];
  for (const room of rooms) void app.register(room);
  return app;
}

async function readiness(name: string, check: () => Promise<unknown>): Promise<Readiness> {
  try {
    await check();
    return { name, state: 'up' };
  } catch (error) {
    return { name, state: 'down', detail: error instanceof CodedError ? error.code : 'internal' };
  }
}
