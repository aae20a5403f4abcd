/** Data that was copied or restored: a log must notice before it signs a second history. */
import assert from 'node:assert/strict';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CodedError, isCoded } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { sql } from 'kysely';
import { openFileSystem, placeMarker } from '../ground/index.ts';
import type { TlogDeps } from './deps.ts';
import { freezeLogs, openHighWater, openTlog } from './index.ts';
import { appendAll, checkWholeLog, leaves, type World, world } from './test-world.ts';

/** The whole data as it is now: rows and files. The answer brings all of it back. */
async function remember({ database, directory }: World): Promise<() => Promise<void>> {
  const kept = `${directory.path}-kept`;
  await rm(kept, { recursive: true, force: true });
  await cp(directory.path, kept, { recursive: true });
  const { db } = database;
  const { rows } = await db.asSystem((tx) =>
    sql<{ origin: string; size: number; root_hash: Buffer; checkpoint: string }>`
      select origin, size, root_hash, checkpoint from tlog_logs`.execute(tx),
  );
  return async () => {
    await db.asSystem(async (tx) => {
      for (const { origin, size, root_hash: root, checkpoint } of rows) {
        await sql`delete from tlog_entries where origin = ${origin} and log_index >= ${size}`.execute(tx);
        await sql`update tlog_logs set size = ${size}, root_hash = ${root}, checkpoint = ${checkpoint}
                  where origin = ${origin}`.execute(tx);
      }
    });
    await rm(join(directory.path, 'tlog'), { recursive: true });
    await cp(join(kept, 'tlog'), join(directory.path, 'tlog'), { recursive: true });
    await rm(kept, { recursive: true });
  };
}

describe('data that was copied', () => {
  it('does not go on until it is adopted; where no log can go on, the place becomes the right one', async () => {
    const at = await world();
    const here: TlogDeps = { ...at.deps, place: placeMarker(at.directory.path) };
    const tlog = await openTlog(here);
    const given = await appendAll(tlog, leaves(3));
    await tlog.close();
    await (await openTlog(here)).close();

    const copy = `${at.directory.path}-copy`;
    await cp(at.directory.path, copy, { recursive: true, preserveTimestamps: true });
    const there: TlogDeps = {
      ...at.deps,
      blobs: await openFileSystem({ root: copy }),
      place: placeMarker(copy),
    };
    await assert.rejects(openTlog(there), (error) => {
      assert.ok(isCoded(error, 'tlog_copied'), String(error));
      assert.match(error.message, /two histories.*waybill trust log adopt --continue.*--freeze/s);
      return true;
    });
    // A copy that left the marker out is none the better for it.
    await rm(join(copy, '.place'));
    await assert.rejects(openTlog(there), { code: 'tlog_copied', message: /holds no marker/ });
    await placeMarker(copy).mark();
    const adopted = await openTlog(there);
    await checkWholeLog({ ...at, deps: there }, adopted, given);
    await adopted.close();

    await rm(join(copy, '.place'));
    await at.database.db.asSystem((tx) => freezeLogs(tx, new Date()));
    const successor = await openTlog({ ...there, instanceId: 'd4e5f6' });
    await successor.close();
    assert.equal(await placeMarker(copy).look(), 'here');
    await rm(copy, { recursive: true });
    await at.close();
  });
});

describe('a guard file', () => {
  it('knows each checkpoint before the world does, for every log', async () => {
    const at = await world();
    const guard = join(at.directory.path, 'guard');
    const tlog = await openTlog({ ...at.deps, highWater: openHighWater(guard) });
    await Promise.all([appendAll(tlog, leaves(5)), appendAll(tlog, leaves(5), 'ct')]);
    const kept = JSON.parse(await readFile(guard, 'utf8')) as Record<string, string>;
    for (const kind of ['rekor', 'ct'] as const) {
      const { origin, head } = tlog.published(kind);
      assert.equal(kept[origin], (await head()).checkpoint);
    }
    await tlog.close();
    await at.close();
  });

  it('refuses rows and files that agree with each other, and are both of an earlier day', async () => {
    const at = await world();
    const deps = { ...at.deps, highWater: openHighWater(join(at.directory.path, 'guard')) };
    const tlog = await openTlog(deps);
    await appendAll(tlog, leaves(3));
    const goBack = await remember(at);
    await appendAll(tlog, leaves(3));
    await tlog.close();
    await goBack();
    await assert.rejects(openTlog(deps), { code: 'tlog_rolled_back', message: /as its guard file shows/ });
    // Nothing else in the data could have told.
    const blind = await openTlog(at.deps);
    await appendAll(blind, leaves(4));
    await blind.close();
    await assert.rejects(openTlog(deps), { code: 'tlog_damaged', message: /does not extend the one of 7/ });
    await at.close();
  });

  it('that cannot be read or written stops the log, which goes on by itself when it can', async () => {
    const at = await world();
    const folder = join(at.directory.path, 'elsewhere');
    const guard = join(folder, 'guard');
    const deps = { ...at.deps, highWater: openHighWater(guard) };
    await assert.rejects(openTlog(deps), { code: 'tlog_guard' });
    await mkdir(folder);
    const tlog = await openTlog(deps);
    const given = await appendAll(tlog, leaves(2));
    await rm(folder, { recursive: true });
    const leaf = utf8('while the guard is away');
    await assert.rejects(tlog.append('rekor', leaf), (error) => {
      assert.ok(isCoded(error, 'tlog_unavailable'));
      assert.match(error.message, /\(tlog_guard\)/);
      return !error.message.includes(folder);
    });
    await assert.rejects(tlog.role('rekor'), { code: 'tlog_guard' });
    await mkdir(folder);
    given.push(await tlog.append('rekor', leaf));
    await checkWholeLog(at, tlog, given);
    await tlog.close();
    for (const text of ['', '{', '[]', '{"x":1}', JSON.stringify({ [tlog.describe('rekor').origin]: 'x' })]) {
      await writeFile(guard, text);
      await assert.rejects(openTlog(deps), { code: 'tlog_guard' }, text);
    }
    await at.close();
  });
});

describe('a checkpoint that somebody shows', () => {
  it('is consistent when the log goes on from it', async () => {
    const at = await world();
    const tlog = await openTlog(at.deps);
    const notes: string[] = [];
    for (const count of [1, 30, 300]) {
      await appendAll(tlog, leaves(count));
      notes.push((await tlog.published('rekor').head()).checkpoint);
    }
    for (const note of notes) assert.equal((await tlog.judge(note)).judgement, 'consistent');
    await appendAll(tlog, leaves(1));
    await tlog.close();
    await at.close();
  });

  it('freezes the log at once when that has forgotten it, or tells another history', async () => {
    for (const entriesSince of [0, 3, 20]) {
      const at = await world();
      const tlog = await openTlog(at.deps);
      await appendAll(tlog, leaves(3));
      const goBack = await remember(at);
      await appendAll(tlog, leaves(5));
      const { checkpoint: forgotten } = await tlog.published('rekor').head();
      await tlog.close();
      await goBack();

      const restored = await openTlog(at.deps);
      await appendAll(restored, leaves(entriesSince));
      assert.equal((await restored.judge(forgotten)).judgement, 'contradiction');
      await assert.rejects(restored.append('rekor', utf8('x')), { code: 'tlog_frozen' });
      await assert.rejects(restored.role('rekor'), { code: 'tlog_frozen' });
      // The other log has contradicted nothing.
      await appendAll(restored, leaves(1), 'ct');
      await restored.close();

      const next = await openTlog({ ...at.deps, instanceId: 'd4e5f6' });
      assert.deepEqual(
        next.frozen('rekor').map(({ origin }) => origin),
        [tlog.describe('rekor').origin],
      );
      assert.equal((await next.judge(forgotten)).judgement, 'contradiction');
      await checkWholeLog(at, next, await appendAll(next, leaves(2)));
      const { rows } = await at.database.db.asSystem((tx) =>
        sql`select target from ground_audit where action = 'tlog.freeze'`.execute(tx),
      );
      assert.equal(rows.length, 1);
      await next.close();
      await at.close();
    }
  });

  it('does nothing without a valid signature of a log here', async () => {
    const [at, other] = [await world(), await world()];
    const [tlog, stranger] = [
      await openTlog(at.deps),
      await openTlog({ ...other.deps, instanceId: 'f0f0f0' }),
    ];
    await appendAll(tlog, leaves(2));
    await appendAll(stranger, leaves(20));
    const { checkpoint: mine } = await tlog.published('rekor').head();
    const { checkpoint: theirs } = await stranger.published('rekor').head();
    const name = tlog.describe('rekor').origin;
    const claimed = theirs.replaceAll(stranger.describe('rekor').origin, name);
    for (const note of [
      theirs,
      claimed,
      mine.replace(/\n3\n/, '\n300\n'),
      mine.replace(/\n\n.*$/s, `\n${theirs.slice(theirs.indexOf('\n\n') + 1)}`),
      '',
      'x',
      'x'.repeat(10_000),
    ]) {
      assert.notEqual(note, mine);
      await assert.rejects(tlog.judge(note), (error) => error instanceof CodedError);
    }
    await appendAll(tlog, leaves(1));
    for (const one of [tlog, stranger]) await one.close();
    for (const one of [at, other]) await one.close();
  });
});
