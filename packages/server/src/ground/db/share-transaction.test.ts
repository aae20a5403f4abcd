import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type TestDatabase, testDatabase } from '@waybill/testkit';
import { sql } from 'kysely';
import pg from 'pg';
import type { Tx } from './db.ts';
import { shareTransactions } from './share-transaction.ts';

let t: TestDatabase;
before(async () => {
  t = await testDatabase();
  const client = new pg.Client(t.connection);
  await client.connect();
  await client.query(
    `create table shared_notes (org_id uuid not null, text text not null, xid text not null)`,
  );
  await client.query(`select waybill_tenant_table('shared_notes')`);
  await client.end();
});
after(() => t.close());

const write =
  (org: string, text: string) =>
  async (tx: Tx): Promise<string> => {
    const xid = sql`pg_current_xact_id()::text`;
    await sql`insert into shared_notes values (${org}, ${text}, ${xid})`.execute(tx);
    if (text === 'thrown') throw new Error('thrown');
    if (text === 'refused') await sql`select 1 / 0`.execute(tx);
    return text;
  };

async function kept(org: string): Promise<{ readonly text: string; readonly xid: string }[]> {
  const { rows } = await t.db.withOrg(org, (tx) =>
    sql<{ text: string; xid: string }>`select text, xid from shared_notes order by text`.execute(tx),
  );
  return rows;
}

describe('shareTransactions', () => {
  it('puts what comes at once into one transaction, and gives each its own result', async () => {
    const [org, other] = [randomUUID(), randomUUID()];
    const shared = shareTransactions(t.db);
    const texts = ['a', 'b', 'c'];
    const results = await Promise.all([
      ...texts.map((text) => shared.withOrg(org, write(org, text))),
      shared.withOrg(other, write(other, 'd')),
    ]);
    assert.deepEqual(results, [...texts, 'd']);
    const rows = await kept(org);
    assert.deepEqual(
      rows.map(({ text }) => text),
      texts,
      'and the other organisation has its own',
    );
    assert.equal(new Set(rows.map(({ xid }) => xid)).size, 1);
  });

  for (const bad of ['thrown', 'refused']) {
    it(`keeps what was done beside work that is ${bad}, and nothing of that`, async () => {
      const org = randomUUID();
      const shared = shareTransactions(t.db);
      const outcomes = await Promise.allSettled(
        ['a', bad, 'z'].map((text) => shared.withOrg(org, write(org, text))),
      );
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      );
      const rows = await kept(org);
      assert.deepEqual(
        rows.map(({ text }) => text),
        ['a', 'z'],
      );
      assert.equal(await shared.withOrg(org, write(org, 'later')), 'later');
    });
  }

  it('takes in whatever comes while a transaction runs', async () => {
    const org = randomUUID();
    const shared = shareTransactions(t.db);
    const many = Array.from({ length: 100 }, (_, index) => `n${index}`);
    await Promise.all(many.map((text) => shared.withOrg(org, write(org, text))));
    const rows = await kept(org);
    assert.equal(rows.length, 100);
    assert.ok(new Set(rows.map(({ xid }) => xid)).size < 10);
  });
});
