import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type CodedError, isCoded } from '@waybill/core';
import { toHex, utf8 } from '@waybill/core/bytes';
import { hash, spkiOf } from '@waybill/core/crypto';
import { digestOf } from '@waybill/core/digest';
import { hashLeaf, parseCheckpoint, parseEntryBundle, parseHashedRekord } from '@waybill/core/tlog';
import { sql } from 'kysely';
import { type BlobDriver, createSeal, type Db } from '../ground/index.ts';
import { type LogEntryReceipt, type LogKind, openHighWater, openTlog, type Tlog } from './index.ts';
import { appendAll, checkWholeLog, leaves, verifyReceipt, type World, world } from './test-world.ts';
import { tileKey } from './tile-files.ts';

describe('openTlog', () => {
  let at: World;
  before(async () => {
    at = await world();
  });
  after(() => at.close());

  it('seeds each log with an entry of its own, and keeps names, keys and entries over a restart', async () => {
    const first = await openTlog(at.deps);
    const year = new Date().getUTCFullYear();
    const described = first.describe('rekor');
    assert.equal(described.origin, `log${year}-a1b2c3.waybill.internal`);
    assert.equal(first.describe('ct').origin, `ct${year}-a1b2c3.waybill.internal`);
    parseHashedRekord((await first.published('rekor').receiptAt(0)).canonicalizedBody);
    const [receipt] = await appendAll(first, leaves(1));
    assert.equal(receipt?.logIndex, 1);
    await first.close();

    const second = await openTlog({ ...at.deps, publicUrl: 'https://elsewhere.example' });
    assert.equal(second.describe('rekor').origin, described.origin);
    assert.deepEqual(second.describe('rekor').keyId, described.keyId);
    assert.ok(receipt);
    verifyReceipt(second, receipt);
    const again = await second.append('rekor', receipt.canonicalizedBody);
    assert.deepEqual(
      [again.logIndex, again.duplicate, again.integratedTime],
      [1, true, receipt.integratedTime],
    );
    await checkWholeLog(at, second, [receipt, again]);
    await checkWholeLog(at, second, await appendAll(second, leaves(3), 'ct'), 'ct');
    await second.close();
  });

  it('signs rekor with Ed25519 and ML-DSA-44, ct with one RFC 6962 tree head', async () => {
    const tlog = await openTlog(at.deps);
    const types = (kind: LogKind) => tlog.describe(kind).noteKeys.map(({ type }) => type);
    assert.deepEqual(types('rekor'), ['ed25519', 'ml-dsa-44']);
    assert.deepEqual(types('ct'), ['rfc6962-sth']);
    assert.equal(
      parseCheckpoint((await tlog.published('rekor').head()).checkpoint).note.signatures.length,
      2,
    );
    await tlog.close();
  });

  it('gives a thousand entries that come at once a place each, and equal ones the same', async () => {
    const tlog = await openTlog(at.deps);
    const distinct = leaves(700);
    const receipts = await appendAll(tlog, [...distinct, ...distinct.slice(0, 300)]);
    assert.equal(new Set(receipts.map(({ logIndex }) => logIndex)).size, 700);
    assert.equal(receipts.filter(({ duplicate }) => duplicate).length, 300);
    await checkWholeLog(at, tlog, receipts);
    for (const { logIndex, canonicalizedBody } of receipts.slice(0, 3)) {
      const found = await tlog.published('rekor').receiptAt(logIndex);
      verifyReceipt(tlog, found);
      assert.deepEqual(Buffer.from(found.canonicalizedBody), Buffer.from(canonicalizedBody));
    }
    await tlog.close();
  });

  it('refuses entries when too many wait, after close, and of more than 65,535 bytes', async () => {
    const tlog = await openTlog({ ...at.deps, limits: { batchWaitMs: 5, queueEntries: 2 } });
    const results = await Promise.allSettled(leaves(4).map((leaf) => tlog.append('rekor', leaf)));
    const codes = results.map((result) =>
      result.status === 'rejected' ? (result.reason as CodedError).code : 'ok',
    );
    assert.deepEqual(codes, ['ok', 'ok', 'tlog_busy', 'tlog_busy']);
    await assert.rejects(tlog.append('rekor', new Uint8Array(65_536)), { code: 'tlog_entry_invalid' });
    await assert.rejects(tlog.published('rekor').receiptAt(1_000_000), { code: 'tlog_entry_not_found' });
    await tlog.close();
    await assert.rejects(tlog.append('rekor', utf8('late')), { code: 'tlog_closed' });
  });

  it('takes the next entry at whatever moment the last one is answered', async () => {
    const tlog = await openTlog({ ...at.deps, limits: { batchWaitMs: 0 } });
    for (const leaf of leaves(40)) await tlog.append('rekor', leaf);
    for (const leaf of leaves(10)) await tlog.append('rekor', leaf).then(() => tlog.append('rekor', leaf));
    await tlog.close();
  });

  it('tells its role at any moment, and takes over from a writer that is gone, without losing an entry', async () => {
    const writer = await openTlog(at.deps);
    const reader = await openTlog(at.deps);
    const told = async (tlog: Tlog) => [await tlog.role('rekor'), await tlog.role('ct')];
    assert.deepEqual(await told(writer), ['writer', 'writer']);
    assert.deepEqual(await told(reader), ['reader', 'reader']);
    const busy = leaves(60).flatMap((leaf) => [writer.append('rekor', leaf), writer.role('rekor')]);
    const answers = await Promise.all(busy);
    assert.ok(answers.every((answer) => typeof answer !== 'string' || answer === 'writer'));
    await writer.close();
    const entries = leaves(60);
    // The first of these begins to lead; entries that come meanwhile wait for it.
    const roles = entries.map(() => reader.role('rekor'));
    const receipts = await Promise.all(entries.map((leaf) => reader.append('rekor', leaf)));
    assert.ok((await Promise.all(roles)).includes('writer'));
    assert.equal(new Set(receipts.map(({ logIndex }) => logIndex)).size, 60);
    await checkWholeLog(at, reader, receipts);
    assert.deepEqual(await told(reader), ['writer', 'writer']);
    await reader.close();
  });

  it('says by its role that it could not recover, until it can', async () => {
    const tlog = await openTlog(at.deps);
    at.faults.plan(1, 'before');
    await assert.rejects(tlog.append('rekor', utf8('fails')), { code: 'tlog_unavailable' });
    at.faults.plan(1, 'before');
    await assert.rejects(tlog.role('rekor'), { code: 'blob_unavailable' });
    assert.equal(await tlog.role('rekor'), 'writer');
    await tlog.append('rekor', utf8('fails'));
    await tlog.close();
  });

  it('copies an entry before it waits', async () => {
    const tlog = await openTlog(at.deps);
    const leaf = Uint8Array.from(leaves(1)[0] ?? []);
    const wanted = hashLeaf(leaf);
    const pending = tlog.append('rekor', leaf);
    leaf.fill(0);
    assert.deepEqual(hashLeaf((await pending).canonicalizedBody), wanted);
    await tlog.close();
  });

  it('finds entries by what they are about', async () => {
    const tlog = await openTlog(at.deps);
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const digest = hash('sha256', utf8('artifact'));
    const facts = {
      artifactDigest: `sha256:${toHex(digest)}`,
      signer: 'release key',
      issuer: 'https://issuer.example.com',
      certificateFingerprint: digestOf(spkiOf(publicKey)),
    };
    const receipt = await tlog.appendHashedRekord(
      {
        digest,
        signature: sign('sha256', utf8('artifact'), privateKey),
        verifier: { publicKey: spkiOf(publicKey) },
        keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      },
      facts,
    );
    const by = (wanted: object) => tlog.published('rekor').search({ facts: wanted, limit: 10 });
    // Each alone, and all together.
    for (const wanted of [...Object.entries(facts).map(([name, value]) => ({ [name]: value })), facts]) {
      assert.deepEqual(
        (await by(wanted)).map(({ logIndex }) => logIndex),
        [receipt.logIndex],
      );
    }
    assert.deepEqual(await by({ ...facts, signer: 'nobody' }), []);
    const page = await tlog.published('rekor').search({ facts: {}, limit: 2 });
    const next = await tlog
      .published('rekor')
      .search({ facts: {}, limit: 1, before: page.at(-1)?.logIndex ?? 0 });
    assert.equal(next[0]?.logIndex, receipt.logIndex - 2);
    await tlog.close();
  });
});

describe('sequencer: fault table', () => {
  for (const size of [3, 256]) {
    for (const restart of [false, true]) {
      it(`loses nothing and forks nothing when any write of a batch of ${size} fails, then ${restart ? 'a restart' : 'a retry'}`, async () => {
        const at = await world();
        const guarded = {
          ...at.deps,
          highWater: at.faults.highWater(openHighWater(`${at.directory.path}/guard`)),
        };
        let tlog = await openTlog(guarded);
        const given = await appendAll(tlog, leaves(2));
        let cases = 0;
        for (const mode of ['before', 'after'] as const) {
          at.faults.hit = true;
          for (let nth = 1; at.faults.hit; nth++) {
            const batch = leaves(size);
            at.faults.plan(nth, mode);
            const results = await Promise.allSettled(batch.map((leaf) => tlog.append('rekor', leaf)));
            at.faults.plan(0, mode === 'before' ? 'before' : 'after');
            at.faults.hit = results.some(({ status }) => status === 'rejected');
            for (const result of results) {
              if (result.status === 'rejected')
                assert.ok(isCoded(result.reason, 'tlog_unavailable'), String(result.reason));
              else given.push(result.value);
            }
            if (restart) {
              await tlog.close();
              tlog = await openTlog(guarded);
            }
            given.push(...(await appendAll(tlog, batch)));
            cases++;
          }
        }
        // Transaction, bundle, tile, guard, checkpoint at least, each before and after, and the rounds without a fault.
        assert.ok(cases >= 12, `only ${cases} cases`);
        const total = await checkWholeLog(at, tlog, given);
        assert.equal(total, 3 + cases * size);
        await tlog.close();
        await at.close();
      });
    }
  }

  it('shows no tile of a batch that was never committed, even where a later batch has the same width', async () => {
    const at = await world();
    const tlog = await openTlog(at.deps);
    // Bundle and tile are written; the commit does not come.
    at.faults.plan(3, 'after');
    await assert.rejects(Promise.all(leaves(5).map((leaf) => tlog.append('rekor', leaf))), {
      code: 'tlog_unavailable',
    });
    const { origin } = tlog.describe('rekor');
    assert.ok(await at.deps.blobs.stat(tileKey(origin, { type: 'hashes', level: 0, index: 0, width: 6 })));
    await assert.rejects(tlog.published('rekor').readTile({ type: 'hashes', level: 0, index: 0, width: 6 }), {
      code: 'tlog_tile_not_found',
    });
    const receipts = await appendAll(tlog, leaves(9));
    const tile = await tlog.published('rekor').readTile({ type: 'hashes', level: 0, index: 0, width: 10 });
    const narrow = await tlog.published('rekor').readTile({ type: 'hashes', level: 0, index: 0, width: 6 });
    assert.deepEqual(Buffer.from(narrow), Buffer.from(tile.subarray(0, 6 * 32)));
    const bundle = parseEntryBundle(
      await tlog.published('rekor').readTile({ type: 'entries', index: 0, width: 6 }),
      6,
    );
    assert.deepEqual(hashLeaf(bundle[5] ?? new Uint8Array()), Buffer.from(tile.subarray(5 * 32, 6 * 32)));
    await checkWholeLog(at, tlog, receipts);
    await tlog.close();
    await at.close();
  });

  it('survives a fault in each write of the very first start', async () => {
    const at = await world();
    let cases = 0;
    for (const mode of ['before', 'after'] as const) {
      for (let nth = 1, failed = true; failed; nth++) {
        const deps = { ...at.deps, instanceId: `birth-${++cases}` };
        at.faults.plan(nth, mode);
        failed = await openTlog(deps).then(
          async (tlog) => {
            await tlog.close();
            return false;
          },
          () => true,
        );
        at.faults.plan(0, mode);
        const tlog = await openTlog(deps);
        assert.ok((await checkWholeLog(at, tlog, await appendAll(tlog, leaves(1)))) >= 2);
        await tlog.close();
        // The next round is a first start again: no log takes entries any more.
        await at.database.db.asSystem((tx) => sql`update tlog_logs set frozen_at = now()`.execute(tx));
      }
    }
    assert.ok(cases >= 20, `only ${cases} cases`);
    await at.close();
  });
});

describe('recover', () => {
  let at: World;
  before(async () => {
    at = await world();
  });
  after(() => at.close());

  it('refuses to start from a database that is older than what was published', async () => {
    const tlog = await openTlog(at.deps);
    const { origin } = tlog.describe('rekor');
    await appendAll(tlog, leaves(4));
    const backup = await at.database.db.asSystem((tx) =>
      sql<{
        size: number;
        root_hash: Uint8Array;
        checkpoint: string;
      }>`select * from tlog_logs where origin = ${origin}`.execute(tx),
    );
    await appendAll(tlog, leaves(4));
    await tlog.close();
    const [row] = backup.rows;
    assert.ok(row);
    await at.database.db.asSystem(async (tx) => {
      await sql`delete from tlog_entries where origin = ${origin} and log_index >= ${row.size}`.execute(tx);
      await sql`update tlog_logs set size = ${row.size}, root_hash = ${row.root_hash}, checkpoint = ${row.checkpoint} where origin = ${origin}`.execute(
        tx,
      );
    });
    await assert.rejects(openTlog(at.deps), (error) => {
      assert.ok(isCoded(error, 'tlog_rolled_back'), String(error));
      return /restored from an old backup/.test(error.message);
    });
  });

  it('refuses to go on over tiles that are damaged, missing, or of another log', async () => {
    const damage: readonly ((blobs: BlobDriver, origin: string) => Promise<void>)[] = [
      (blobs, origin) =>
        blobs.replace(tileKey(origin, { type: 'hashes', level: 0, index: 0, width: 5 }), Buffer.alloc(160)),
      (blobs, origin) => blobs.delete(tileKey(origin, { type: 'hashes', level: 0, index: 0, width: 5 })),
      (blobs, origin) =>
        blobs.replace(tileKey(origin, { type: 'entries', index: 0, width: 5 }), Buffer.alloc(3)),
      (blobs, origin) => blobs.replace(`tlog/${origin}/checkpoint`, utf8('not a note')),
    ];
    for (const harm of damage) {
      const one = await world();
      const tlog = await openTlog(one.deps);
      await appendAll(tlog, leaves(4));
      await tlog.close();
      await harm(one.deps.blobs, tlog.describe('rekor').origin);
      await assert.rejects(openTlog(one.deps), { code: 'tlog_damaged' });
      await one.close();
    }
  });

  it('refuses to open keys that are sealed under another master key', async () => {
    const one = await world();
    await (await openTlog(one.deps)).close();
    await assert.rejects(openTlog({ ...one.deps, seal: createSeal(randomBytes(32)) }), {
      code: 'seal_broken',
    });
    await one.close();
  });
});

describe('leadership', () => {
  it('lets one process write; the other reads, and goes on when the first is gone', async () => {
    const at = await world();
    const first = await openTlog(at.deps);
    const second = await openTlog(at.deps);
    const receipts = await appendAll(first, leaves(3));
    await assert.rejects(second.append('rekor', utf8('x')), { code: 'tlog_not_leader' });
    verifyReceipt(second, await second.published('rekor').receiptAt(2));
    await first.close();
    receipts.push(...(await appendAll(second, leaves(3))));
    await checkWholeLog(at, second, receipts);
    await second.close();
    await at.close();
  });

  it('does not fork when two processes believe they hold the lock', async () => {
    const at = await world();
    const credulous: Db = {
      ...at.deps.db,
      tryLock: async () => ({ lost: new Promise<void>(() => undefined), release: async () => undefined }),
    };
    const one = await openTlog({ ...at.deps, db: credulous });
    const two = await openTlog({ ...at.deps, db: credulous });
    const given: LogEntryReceipt[] = [];
    for (let round = 0; round < 6; round++) {
      const results = await Promise.allSettled([one, two].map((tlog) => appendAll(tlog, leaves(2))));
      for (const result of results) {
        if (result.status === 'fulfilled') given.push(...result.value);
        else
          assert.ok(
            isCoded(result.reason, 'tlog_not_leader', 'tlog_unavailable', 'tlog_damaged'),
            String(result.reason),
          );
      }
    }
    await one.close();
    await two.close();
    const after = await openTlog(at.deps);
    assert.ok(given.length > 0);
    await checkWholeLog(at, after, given);
    await after.close();
    await at.close();
  });

  it('stops publishing when the lock is lost between commit and publication, and recovers', async () => {
    const at = await world();
    const lose: (() => void)[] = [];
    let armed = false;
    const fragile: Db = {
      ...at.deps.db,
      tryLock: async () => ({
        lost: new Promise<void>((resolve) => {
          lose.push(resolve);
        }),
        release: async () => undefined,
      }),
      asSystem: async (work) => {
        const done = await at.deps.db.asSystem(work);
        if (armed) for (const cut of lose) cut();
        return done;
      },
    };
    const tlog = await openTlog({ ...at.deps, db: fragile });
    armed = true;
    await assert.rejects(tlog.append('rekor', utf8('lost lock')), { code: 'tlog_not_leader' });
    armed = false;
    const receipt = await tlog.append('rekor', utf8('lost lock'));
    assert.equal(receipt.duplicate, true);
    await checkWholeLog(at, tlog, [receipt]);
    await tlog.close();
    await at.close();
  });
});
