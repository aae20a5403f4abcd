import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type TestDatabase, testDatabase } from '@waybill/testkit';
import pg from 'pg';
import { findUnanchored } from './queries.ts';

let t: TestDatabase;
let superuser: pg.Client;
before(async () => {
  t = await testDatabase();
  superuser = new pg.Client(t.connection);
  await superuser.connect();
});
after(async () => {
  await superuser.end();
  await t.close();
});

describe('findUnanchored', () => {
  it('finds chains that have grown since an anchor that is old enough, or have none yet', async () => {
    const anchoredAt = new Date('2026-11-28T12:00:00.000Z');
    const chain = async (org: string | null, sequence: number, anchored: number): Promise<void> => {
      await superuser.query('insert into audit_chains values ($1, $2, $3, $4)', [
        org,
        sequence,
        Buffer.alloc(32),
        anchored,
      ]);
      if (anchored === 0) return;
      await superuser.query(`insert into audit_anchors values ($1, $2, 0, '{}', $3)`, [
        org,
        anchored,
        anchoredAt,
      ]);
    };
    const [grown, same, fresh] = [randomUUID(), randomUUID(), randomUUID()];
    await chain(grown, 5, 3);
    await chain(null, 2, 1);
    await chain(same, 4, 4);
    await chain(fresh, 1, 0);
    const found = async (due: Date) =>
      (await t.db.asSystem((tx) => findUnanchored(tx, due))).map(({ orgId }) => orgId);
    assert.deepEqual(await found(new Date(anchoredAt.getTime() - 1)), [fresh]);
    assert.deepEqual(new Set(await found(anchoredAt)), new Set([fresh, grown, null]));
  });
});
