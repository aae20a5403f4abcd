import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { utf8 } from '@waybill/core/bytes';
import { rowsOf } from '@waybill/testkit';
import fc from 'fast-check';
import { sql } from 'kysely';
import type { Tx } from '../ground/index.ts';
import { type EntryFacts, type LogKind, openTlog, type Tlog } from './index.ts';
import { searchEntries } from './queries.ts';
import { type World, world } from './test-world.ts';

const ENTRIES = 600;
const NAMES: readonly (keyof EntryFacts)[] = ['artifactDigest', 'signer', 'issuer', 'certificateFingerprint'];

let at: World;
let tlog: Tlog;
const logged: Record<LogKind, readonly EntryFacts[]> = { rekor: [], ct: [] };

before(async () => {
  at = await world();
  tlog = await openTlog(at.deps);
  // One log holds just a few of what the other one is full of.
  logged.rekor = await fill('rekor', ENTRIES);
  logged.ct = await fill('ct', 40);
});
after(async () => {
  await tlog.close();
  await at.close();
});

/** The first entry, the log's own, has no facts. Names are common, rare, or missing. */
async function fill(kind: LogKind, count: number): Promise<readonly EntryFacts[]> {
  const all = Array.from({ length: count }, (_, place): EntryFacts => {
    const facts = {
      artifactDigest: `sha256:${String(place % 50).padStart(64, '0')}`,
      signer: place % 7 === 0 ? undefined : `signer-${place % 40 === 1 ? 'rare' : place % 2}`,
      issuer: place % 11 === 0 ? undefined : `issuer-${place < 20 ? 'early' : place % 3}`,
      certificateFingerprint: `sha256:${String(place).padStart(64, '0')}`,
    };
    return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined));
  });
  const leaves = all.map((_, place) => utf8(`${kind} ${place}`));
  const receipts = await Promise.all(
    all.map((facts, place) => tlog.append(kind, leaves[place] ?? new Uint8Array(), facts)),
  );
  assert.deepEqual(
    receipts.map(({ logIndex }) => logIndex),
    all.map((_, place) => place + 1),
  );
  return [{}, ...all];
}

/** What one of the entries has, or nobody. */
const wantedFacts = (kind: LogKind): fc.Arbitrary<EntryFacts> =>
  fc
    .tuple(fc.constantFrom(...logged[kind], { signer: 'nobody' }), fc.subarray([...NAMES]))
    .map(([facts, names]) =>
      Object.fromEntries(names.flatMap((name) => (facts[name] === undefined ? [] : [[name, facts[name]]]))),
    );

describe('searchEntries', () => {
  for (const kind of ['rekor', 'ct'] as const) {
    it(`finds in ${kind} what has every fact, newest first, page by page`, async () => {
      const page = fc.record({
        facts: wantedFacts(kind),
        before: fc.option(fc.nat(ENTRIES + 2)),
        limit: fc.integer({ min: 1, max: 20 }),
      });
      await fc.assert(
        fc.asyncProperty(page, async (search) => {
          const found = await tlog
            .published(kind)
            .search({ ...search, before: search.before ?? ENTRIES + 2 });
          assert.deepEqual(
            found.map(({ logIndex }) => logIndex),
            expected(kind, search),
          );
        }),
        { numRuns: 200 },
      );
    });
  }

  it('reads what it shows, and passes over nothing of another issuer or another log', async () => {
    await manyRows(tlog.describe('rekor').origin);
    const searches: readonly (readonly [LogKind, EntryFacts])[] = [
      ['rekor', { signer: 'often' }],
      ['rekor', { issuer: 'old' }],
      ['rekor', { signer: 'often', issuer: 'old' }],
      ['rekor', { signer: 'often', issuer: 'nobody' }],
      ['rekor', { issuer: 'new' }],
      ['rekor', { artifactDigest: 'digest-7' }],
      ['ct', { signer: 'often' }],
      ['ct', { issuer: 'issuer-2' }],
      ['ct', { signer: 'signer-1', issuer: 'issuer-2' }],
    ];
    for (const [kind, facts] of searches) {
      const { shown, read } = await counted(kind, facts);
      assert.equal(read, shown, `${kind} ${JSON.stringify(facts)}`);
    }
  });
});

/** So many that PostgreSQL takes the way that it takes in a large log: signer and issuer are few, the oldest entries differ. */
async function manyRows(origin: string): Promise<void> {
  await rowsOf(
    at.database.connection,
    `insert into tlog_entries
       (origin, log_index, leaf_hash, integrated_at, artifact_digest, signer, issuer, certificate_fingerprint)
     select $1, 1000 + i, sha256(i::text::bytea), now(), 'digest-' || i % 9000,
       case when i % 2 = 0 then 'often' else 'signer-' || i % 500 end,
       case when i < 300 then 'old' else 'new' end, 'certificate-' || i
     from generate_series(1, 40000) i`,
    [origin],
  );
  await rowsOf(at.database.connection, 'analyze tlog_entries');
}

function expected(
  kind: LogKind,
  search: { readonly facts: EntryFacts; readonly before: number | null; readonly limit: number },
): readonly number[] {
  return logged[kind]
    .map((facts, logIndex) => ({ facts, logIndex }))
    .filter(({ facts }) => NAMES.every((name) => [undefined, facts[name]].includes(search.facts[name])))
    .map(({ logIndex }) => logIndex)
    .filter((logIndex) => search.before === null || logIndex < search.before)
    .toReversed()
    .slice(0, search.limit);
}

async function counted(
  kind: LogKind,
  facts: EntryFacts,
): Promise<{ readonly shown: number; readonly read: number }> {
  const { origin } = tlog.describe(kind);
  return at.database.db.asSystem(async (tx) => {
    const before = await rowsFetched(tx);
    const shown = await searchEntries(tx, origin, { facts, before: null, limit: 10 });
    return { shown: shown.length, read: (await rowsFetched(tx)) - before };
  });
}

/** By this connection, in this transaction and some before it. */
async function rowsFetched(tx: Tx): Promise<number> {
  const { rows } = await sql<{ fetched: number }>`
    select (seq_tup_read + idx_tup_fetch)::int as fetched
    from pg_stat_xact_user_tables where relname = 'tlog_entries'`.execute(tx);
  return rows[0]?.fetched ?? Number.NaN;
}
