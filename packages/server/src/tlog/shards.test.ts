import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  EMPTY_EDGE,
  edgeFromTiles,
  edgeRoot,
  formatTilePath,
  growTree,
  hashLeaf,
  parseEntryBundle,
  TILE_WIDTH,
  type TileName,
  tileWidthAt,
  verifyCheckpoint,
} from '@waybill/core/tlog';
import { exportLog, freezeLogs, logsAt, openTlog, type Tlog } from './index.ts';
import { appendAll, checkWholeLog, leaves, type World, world } from './test-world.ts';

let at: World;
before(async () => {
  at = await world();
});
after(() => at.close());

/** Everything that a tree of this size is made of, through a reader of its tiles. */
async function rebuild(size: number, readTile: (tile: TileName) => Promise<Uint8Array>): Promise<Uint8Array> {
  const entries: Uint8Array[] = [];
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const width = tileWidthAt(size, 0, index);
    entries.push(...parseEntryBundle(await readTile({ type: 'entries', index, width }), width));
  }
  const fromEntries = edgeRoot(growTree(EMPTY_EDGE, entries.map(hashLeaf)).edge);
  const edge = await edgeFromTiles(size, (tile) => readTile({ type: 'hashes', ...tile }));
  assert.deepEqual(edgeRoot(edge), fromEntries);
  return fromEntries;
}

describe('exportLog', () => {
  it('gives the log of one moment, whole, while it grows', async () => {
    const tlog = await openTlog(at.deps);
    await appendAll(tlog, leaves(300));
    const moments = await at.database.db.asSystem(logsAt);
    const moment = moments.find(({ kind }) => kind === 'rekor');
    assert.ok(moment);
    const files = new Map<string, Uint8Array>();
    let last = '';
    for await (const { key, bytes } of exportLog(at.deps.blobs, moment)) {
      // Each file is read from a log that has gone on: partial tiles of the moment are gone by the second.
      await appendAll(tlog, leaves(3));
      files.set(key, bytes);
      last = key;
    }
    assert.equal(last, `tlog/${moment.origin}/checkpoint`);
    const { noteKeys } = tlog.describe('rekor');
    const head = verifyCheckpoint(files.get(last) ?? new Uint8Array(), {
      origin: moment.origin,
      keys: noteKeys,
    });
    assert.equal(head.size, moment.size);
    const root = await rebuild(head.size, async (tile) => {
      const bytes = files.get(`tlog/${moment.origin}/${formatTilePath(tile)}`);
      assert.ok(bytes, formatTilePath(tile));
      return bytes;
    });
    assert.deepEqual(root, head.rootHash);
    assert.ok(files.has(`tlog/${moment.origin}/tile/1/000.p/1`));
    await tlog.close();
  });
});

describe('a frozen log', () => {
  let first: Tlog;
  let second: Tlog;

  it('has a successor with another name and other keys', async () => {
    first = await openTlog(at.deps);
    await first.close();
    await at.database.db.asSystem((tx) => freezeLogs(tx, new Date()));
    second = await openTlog({ ...at.deps, instanceId: 'd4e5f6' });
    for (const kind of ['rekor', 'ct'] as const) {
      const [was, is] = [first.describe(kind), second.describe(kind)];
      assert.notEqual(is.origin, was.origin);
      assert.notDeepEqual(is.keyId, was.keyId);
      assert.deepEqual(
        second.frozen(kind).map(({ origin, keyId }) => ({ origin, keyId })),
        [{ origin: was.origin, keyId: was.keyId }],
      );
    }
    await checkWholeLog(at, second, await appendAll(second, leaves(3)));
  });

  it('can be read to its last checkpoint, and no further', async () => {
    const [log] = second.frozen('rekor');
    assert.ok(log);
    const head = verifyCheckpoint((await log.head()).checkpoint, { origin: log.origin, keys: log.noteKeys });
    assert.deepEqual(await rebuild(head.size, log.readTile), head.rootHash);
    const beyond = { type: 'entries', index: Math.floor(head.size / TILE_WIDTH) + 1, width: 1 } as const;
    await assert.rejects(log.readTile(beyond), { code: 'tlog_tile_not_found' });
    await second.close();
  });

  it('signs nothing more, whoever still holds its keys', async () => {
    const stale = await openTlog({ ...at.deps, instanceId: 'd4e5f6' });
    await at.database.db.asSystem((tx) => freezeLogs(tx, new Date()));
    await assert.rejects(stale.append('rekor', leaves(1)[0] ?? new Uint8Array()));
    await stale.close();
    const third = await openTlog({ ...at.deps, instanceId: '070809' });
    assert.equal(third.frozen('rekor').length, 2);
    await third.close();
  });
});
