import type { TlogDeps } from './deps.ts';
import { tlogError } from './errors.ts';
import { selectLogs } from './queries.ts';

/**
 * Refuses data that was copied: nobody can tell from here whether the other copy goes on signing, or was the newer
 * one. A place where no log can go on yet becomes the right one. Throws `tlog_copied`.
 */
export async function requireOwnPlace({ db, place }: Pick<TlogDeps, 'db' | 'place'>): Promise<void> {
  if (place === null) return;
  const found = await place.look();
  if (found === 'here') return;
  const logs = await db.asSystem(selectLogs);
  const going = logs.filter(({ frozenAt, head }) => frozenAt === null && head.size > 0);
  if (going.length === 0) {
    await place.mark();
    return;
  }
  const why =
    found === 'unmarked'
      ? 'it holds no marker of its place'
      : 'its marker was written in another place: this is a copy, or the disk is another one';
  throw tlogError(
    'tlog_copied',
    `the logs ${going.map(({ origin }) => origin).join(', ')} do not go on in ${place.directory}, as ${why}. ` +
      'If another copy of this data goes on, or has signed more than this one, the log would have two histories, and whatever it vouches for would be worthless. ' +
      'When this is the only and the newest copy: waybill trust log adopt --continue. When you are not sure: waybill trust log adopt --freeze, which ends these logs and begins new ones',
    { detail: { logs: going.map(({ origin }) => origin) } },
  );
}
