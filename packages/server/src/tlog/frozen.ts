/** Logs that take no more entries: what they have signed stays good, and can be read as long as the server runs. */
import type { TlogDeps } from './deps.ts';
import { logSigner, openKeys } from './log-keys.ts';
import { type PublishedLog, publishedLog } from './published.ts';
import type { LogRow } from './queries.ts';

export interface FrozenLog extends PublishedLog {
  readonly frozenAt: Date;
}

export function openFrozen(deps: Pick<TlogDeps, 'db' | 'blobs' | 'seal'>, row: LogRow): FrozenLog {
  const { origin, kind, head, createdAt, frozenAt } = row;
  if (frozenAt === null) throw new TypeError(`the log ${origin} is not frozen`);
  // The keys are opened for their public halves only: nothing here signs.
  const signer = logSigner(kind, origin, openKeys(deps.seal, origin, row.sealedKeys));
  const { db, blobs } = deps;
  const log = publishedLog({ db, blobs, signer, kind, origin, createdAt, frozenAt, head: async () => head });
  return { ...log, frozenAt };
}
