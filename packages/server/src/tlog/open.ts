import { isStorable } from '@waybill/core/bytes';
import { formatHashedRekord, type HashedRekord } from '@waybill/core/tlog';
import { signSct } from '@waybill/core/x509';
import { findOrCreateLog, firstEntry } from './birth.ts';
import { DEFAULT_LIMITS, type TlogDeps } from './deps.ts';
import { tlogError } from './errors.ts';
import { factsOf } from './facts.ts';
import { type FrozenLog, openFrozen } from './frozen.ts';
import { type JudgedCheckpoint, judgeCheckpoint, verifyShown } from './judge-checkpoint.ts';
import { logSigner, openKeys } from './log-keys.ts';
import { requireOwnPlace } from './own-place.ts';
import { type LogDescription, type PublishedLog, publishedLog } from './published.ts';
import type { SignedHead } from './queries.ts';
import type { EntryFacts, LogEntryReceipt, LogKind } from './receipt.ts';
import type { LogContext } from './recover.ts';
import { type LogRole, Sequencer } from './sequencer.ts';
import { readPublished } from './tile-files.ts';

/** The logs of this server. Every promise of `append` holds for each of them on its own. */
export interface Tlog {
  /**
   * Resolves when the entry is stored durably, integrated and covered by a published checkpoint. The same bytes get
   * the same place again, also after a restart. Throws `tlog_entry_invalid` (over 65,535 bytes), `tlog_busy`,
   * `tlog_not_leader`, `tlog_unavailable`, `tlog_closed`.
   */
  append(kind: LogKind, leaf: Uint8Array, facts?: EntryFacts): Promise<LogEntryReceipt>;
  /**
   * Logs a signature that the caller MUST have verified. Found again by `facts`, or else by what the rekord itself says;
   * an attestation is better found by the digest of its subject. Throws as `append` does.
   */
  appendHashedRekord(rekord: HashedRekord, facts?: EntryFacts): Promise<LogEntryReceipt>;
  /**
   * A precertificate's place in the `ct` log, and then the SignedCertificateTimestamp: none leaves before its entry is
   * durable and published. The caller MUST have signed the precertificate itself. Throws as `append` does.
   */
  logPrecertificate(entry: PrecertificateEntry, facts?: EntryFacts): Promise<Uint8Array>;
  /**
   * Whether this process writes the log; when nobody does, it begins to. A log that a failure has left unrecovered is
   * recovered. Throws `tlog_rolled_back`, `tlog_damaged`, and what database and blob store throw.
   */
  role(kind: LogKind): Promise<LogRole>;
  describe(kind: LogKind): LogDescription;
  /** The log that takes entries, for readers. */
  published(kind: LogKind): PublishedLog;
  /** The logs of this kind before the one that takes entries, oldest first. */
  frozen(kind: LogKind): readonly FrozenLog[];
  /** Every log there is, for readers. */
  logs(): readonly PublishedLog[];
  /**
   * Holds a checkpoint that bears a valid signature of a log here against that log; a contradiction freezes it.
   * Throws `tlog_log_not_found`, `tlog_signature_invalid`, and what a malformed note throws.
   */
  judge(note: string): Promise<JudgedCheckpoint>;
  close(): Promise<void>;
}

export interface PrecertificateEntry {
  /** MerkleTreeLeaf, RFC 6962 §3.4. */
  readonly leaf: Uint8Array;
  /** By the issuing authority over the TBSCertificate with its poison: what a reader of the log is shown. */
  readonly signature: Uint8Array;
}

interface OpenLog {
  readonly published: PublishedLog;
  readonly frozen: readonly FrozenLog[];
  readonly context: LogContext;
  readonly sequencer: Sequencer;
}

/**
 * Opens the logs, makes them on the first start, recovers what a crash left. Throws `tlog_copied`,
 * `tlog_rolled_back` and `tlog_damaged` when going on could contradict what was published.
 */
export async function openTlog(deps: TlogDeps): Promise<Tlog> {
  await requireOwnPlace(deps);
  const opened: Record<LogKind, OpenLog> = {
    rekor: await openLog(deps, 'rekor'),
    ct: await openLog(deps, 'ct'),
  };
  try {
    await start(deps, opened.rekor);
    await start(deps, opened.ct);
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
  measure(deps, opened);
  return tlogOver(deps, opened);
}

function measure({ metrics, clock }: TlogDeps, opened: Record<LogKind, OpenLog>): void {
  const logs = Object.entries(opened) as [LogKind, OpenLog][];
  const each = (value: (log: OpenLog) => number | Promise<number>) => () =>
    Promise.all(logs.map(async ([log, open]) => ({ labels: { log }, value: await value(open) })));
  metrics.leader.read(each(({ sequencer }) => (sequencer.head === null ? 0 : 1)));
  metrics.waiting.read(each(({ sequencer }) => sequencer.waiting));
  metrics.size.read(each(async (log) => (await log.published.head()).size));
  metrics.checkpointAge.read(
    each(async (log) => {
      const signedAt = log.context.signer.signedAt(await log.published.head());
      return (clock().getTime() - signedAt.getTime()) / 1000;
    }),
  );
}

async function openLog(deps: TlogDeps, kind: LogKind): Promise<OpenLog> {
  const { active, frozen } = await findOrCreateLog(deps, kind);
  const { origin, createdAt } = active;
  const signer = logSigner(kind, origin, openKeys(deps.seal, origin, active.sealedKeys));
  const { db, blobs, clock, highWater } = deps;
  const context = {
    db,
    blobs,
    clock,
    highWater,
    origin,
    kind,
    createdAt,
    signer,
    log: deps.log.child({ tlog: origin }),
  };
  const sequencer = new Sequencer(context, { ...DEFAULT_LIMITS, ...deps.limits }, deps.metrics);
  const published = publishedLog({
    ...context,
    frozenAt: null,
    head: () => publishedHead(context, sequencer),
  });
  return { context, sequencer, published, frozen: frozen.map((row) => openFrozen(deps, row)) };
}

async function start(deps: TlogDeps, { context, sequencer }: OpenLog): Promise<void> {
  if (!(await sequencer.lead())) {
    context.log.warn('another process writes this log: it can only be read here');
    return;
  }
  if (sequencer.head?.size !== 0) return;
  await sequencer.append({ leaf: firstEntry({ ...context, now: deps.clock() }), facts: {} });
}

async function closeAll(opened: Record<LogKind, OpenLog>): Promise<void> {
  await Promise.all(Object.values(opened).map(({ sequencer }) => sequencer.close()));
}

function tlogOver(deps: TlogDeps, opened: Record<LogKind, OpenLog>): Tlog {
  const tlog: Tlog = {
    append: async (kind, leaf, facts = {}) =>
      (await opened[kind].sequencer.append({ leaf, facts: indexable(facts) }))(),
    appendHashedRekord: async (rekord, facts = factsOf(rekord)) =>
      tlog.append('rekor', formatHashedRekord(rekord), facts),
    async logPrecertificate({ leaf, signature }, facts = {}) {
      const { sequencer, context } = opened.ct;
      await sequencer.append({ leaf, facts: indexable(facts), precertificateSignature: signature });
      return signSct({ logId: context.signer.keyId, privateKey: context.signer.privateKey }, leaf);
    },
    role: (kind) => opened[kind].sequencer.role(),
    describe: (kind) => opened[kind].published,
    published: (kind) => opened[kind].published,
    frozen: (kind) => opened[kind].frozen,
    logs: () => logsOf(opened),
    judge: (note) => judge(deps, opened, note),
    close: () => closeAll(opened),
  };
  return Object.freeze(tlog);
}

const logsOf = (opened: Record<LogKind, OpenLog>): readonly PublishedLog[] =>
  Object.values(opened).flatMap(({ frozen, published }) => [...frozen, published]);

async function judge(
  deps: TlogDeps,
  opened: Record<LogKind, OpenLog>,
  note: string,
): Promise<JudgedCheckpoint> {
  const { log, shown } = verifyShown(logsOf(opened), note);
  const { origin, kind } = log;
  const judgement = await judgeCheckpoint({ ...deps, origin, log: deps.log.child({ tlog: origin }) }, shown);
  if (judgement === 'contradiction' && log === opened[kind].published) {
    deps.metrics.contradictions.add({ log: kind });
    await opened[kind].sequencer.lookAgain();
  }
  return { log, size: shown.size, judgement };
}

async function publishedHead(context: LogContext, sequencer: Sequencer): Promise<SignedHead> {
  const head = sequencer.head ?? (await readPublished(context.blobs, context.origin, context.signer));
  if (head !== null) return head;
  throw tlogError(
    'tlog_unavailable',
    `the log ${context.origin} has published no checkpoint yet: try again shortly`,
  );
}

/** PostgreSQL indexes at most 2,704 bytes, and signer and issuer share one index. */
const MAX_FACT_BYTES = 1000;

/** A stranger's certificate says what its maker likes: what no index can hold is logged, but not found by that. */
function indexable(facts: EntryFacts): EntryFacts {
  const fits = (text: string) => Buffer.byteLength(text) <= MAX_FACT_BYTES && isStorable(text);
  return Object.fromEntries(Object.entries(facts).filter(([, text]) => fits(text)));
}
