/** Each transaction of the follower fails once, before it happens or after it is kept; afterwards the chain is whole. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CodedError } from '@waybill/core';
import { verifyLinks } from '@waybill/core/audit';
import { type TestDatabase, testDatabase } from '@waybill/testkit';
import pg from 'pg';
import { createLog, type Db, readLag, startFollowers, writeAudit } from '../ground/index.ts';
import { auditFollower } from './chain-rows.ts';
import { linksAfter } from './read-trail.ts';

const limits = { pollMs: 1, standByMs: 1, backoffMs: 1, maxBackoffMs: 1 };
const log = createLog('silent');
/** As many as a start and two deliveries take; the last rows of the table find nothing to fail. */
const TRANSACTIONS = 10;

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

interface Fault {
  readonly nth: number;
  readonly when: 'before' | 'after';
  readonly error: () => Error;
}

function faulty(db: Db, { nth, when, error }: Fault): Db {
  let count = 0;
  return {
    ...db,
    async asSystem(work, options) {
      const fails = ++count === nth;
      if (fails && when === 'before') throw error();
      const result = await db.asSystem(work, options);
      if (fails) throw error();
      return result;
    },
  };
}

const FAULTS = Array.from({ length: TRANSACTIONS }, (_, at) => at + 1).flatMap((nth) =>
  (['before', 'after'] as const).flatMap((when): Fault[] => [
    { nth, when, error: () => new CodedError('database_unavailable', 'gone') },
    { nth, when, error: () => new Error('what nobody foresaw') },
  ]),
);

describe('auditFollower', () => {
  it(`chains each row once, whichever of its transactions fails`, async () => {
    for (const fault of FAULTS) {
      const about = `${fault.nth} ${fault.when} ${fault.error().message}`;
      await superuser.query(
        'truncate ground_followers, ground_failures, audit_links, audit_chains cascade; delete from ground_audit',
      );
      const org = randomUUID();
      const happen = (target: string) =>
        t.db.withOrg(org, (tx) =>
          writeAudit(tx, { orgId: org, actor: 'a', action: 'probe.do', target, outcome: 'ok' }),
        );
      for (const target of ['1', '2', '3']) await happen(target);
      const db = faulty(t.db, fault);
      const followers = startFollowers({ db, log, limits }, [auditFollower(db)]);
      await untilRead();
      await happen('4');
      await untilRead();
      await followers.close();
      const links = await t.db.withOrg(org, (tx) => linksAfter(tx, { after: 0, limit: 100 }));
      assert.deepEqual(
        links.map(({ entry }) => entry?.target),
        ['1', '2', '3', '4'],
        about,
      );
      assert.equal(verifyLinks(null, links)?.sequence, 4, about);
      assert.deepEqual((await superuser.query('select * from ground_failures')).rows, [], about);
    }
  });
});

async function untilRead(): Promise<void> {
  for (;;) {
    const [lag] = await t.db.asSystem(readLag);
    if (lag?.events === 0) return;
    await delay(1);
  }
}
