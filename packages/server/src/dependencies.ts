/** What this server cannot do without, as /readyz and the figures name it. */
import type { BlobDriver, Db, Dependency } from './ground/index.ts';
import type { LogKind, PublishedLog, Tlog } from './tlog/index.ts';

export const DEPENDENCY_NAMES = ['database', 'blobs', 'transparency log', 'certificate log'] as const;

interface Logs extends Pick<Tlog, 'role'> {
  published(kind: LogKind): Pick<PublishedLog, 'head'>;
}

export function dependenciesOf(parts: {
  readonly db: Pick<Db, 'ping'>;
  readonly blobs: Pick<BlobDriver, 'ping'>;
  readonly tlog: Logs;
}): readonly Dependency[] {
  const { db, blobs, tlog } = parts;
  const checks: Readonly<Record<(typeof DEPENDENCY_NAMES)[number], Dependency['check']>> = {
    database: () => db.ping().then(() => 'up'),
    blobs: () => blobs.ping().then(() => 'up'),
    'transparency log': () => logState(tlog, 'rekor'),
    'certificate log': () => logState(tlog, 'ct'),
  };
  return DEPENDENCY_NAMES.map((name) => ({ name, check: checks[name] }));
}

/** A replica that does not write stands by: were it not ready, no second one could ever take over from the first. */
async function logState(tlog: Logs, kind: LogKind) {
  const role = await tlog.role(kind);
  await tlog.published(kind).head();
  return role === 'writer' ? 'up' : 'standby';
}
