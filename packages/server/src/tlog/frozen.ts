/** Logs that take no more entries: what they have signed stays good, and can be read as long as the server runs. */
import type { TileName } from '@waybill/core/tlog';
import type { TlogDeps } from './deps.ts';
import { tlogError } from './errors.ts';
import { logSigner, openKeys } from './log-keys.ts';
import type { LogDescription } from './open.ts';
import type { LogRow } from './queries.ts';
import { readPublishedTile } from './tile-files.ts';

export interface FrozenLog extends LogDescription {
  readonly frozenAt: Date;
  /** Its last one: a signed note. */
  readonly checkpoint: string;
  /** Throws `tlog_tile_not_found`. */
  readTile(tile: TileName): Promise<Uint8Array>;
}

export function openFrozen(deps: Pick<TlogDeps, 'blobs' | 'seal'>, row: LogRow): FrozenLog {
  const { origin, kind, head, createdAt, frozenAt } = row;
  if (frozenAt === null) throw new TypeError(`the log ${origin} is not frozen`);
  // The keys are opened for their public halves only: nothing here signs.
  const { publicKey, keyId, noteKeys } = logSigner(kind, origin, openKeys(deps.seal, origin, row.sealedKeys));
  return Object.freeze({
    kind,
    origin,
    publicKey,
    keyId,
    noteKeys,
    startedAt: createdAt,
    frozenAt,
    checkpoint: head.checkpoint,
    readTile: (tile: TileName) => readPublishedTile(deps.blobs, origin, { tile, size: head.size }),
  });
}

/** Throws `tlog_log_not_found`. */
export function frozenByName(logs: readonly FrozenLog[], origin: string): FrozenLog {
  const found = logs.find((log) => log.origin === origin);
  if (found) return found;
  throw tlogError(
    'tlog_log_not_found',
    `there is no frozen log ${JSON.stringify(origin)}: GET /waybill/v1/log/frozen lists them`,
  );
}
