import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CodedError, Secret } from '@waybill/core';
import { type TestDatabase, testDatabase } from '@waybill/testkit';
import type { Db } from '../db/db.ts';
import { createLog } from '../log/log.ts';
import { createMetrics } from '../observe/metrics.ts';
import { localTime } from './clock.ts';
import { jobMetrics } from './jobs.ts';
import { clockMetrics } from './metrics.ts';
import { databaseClock } from './other-clocks.ts';
import { watchClock } from './watch-clock.ts';

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database.close());

const local = localTime();
const shifted = (byMs: number) => ({ ...local, clock: () => new Date(Date.now() + byMs) });
const away: Pick<Db, 'asSystem'> = {
  asSystem: async () => {
    throw new CodedError('database_unavailable', 'away');
  },
};

describe('databaseClock', () => {
  it('finds how far our clock is from that of the database', async () => {
    for (const byMs of [0, 5000, -90_000]) {
      const aheadMs = await databaseClock(database.db, shifted(byMs)).aheadMs();
      assert.ok(aheadMs !== null && Math.abs(aheadMs - byMs) < 600, `${aheadMs}, not ${byMs}`);
    }
  });

  it('says nothing while the database is away', async () => {
    assert.equal(await databaseClock(away, local).aheadMs(), null);
  });
});

describe('watchClock', () => {
  const doubtBeside = async (databaseUrl: string | null): Promise<string | null> => {
    const metrics = createMetrics();
    const { guard, stop } = await watchClock({
      local,
      db: away,
      databaseUrl: databaseUrl === null ? null : new Secret(databaseUrl),
      ntpServers: [],
      clockToleranceMs: 1000,
      log: createLog('silent'),
      metrics: { clock: clockMetrics(metrics), jobs: jobMetrics(metrics) },
    });
    await stop();
    return guard.doubt(local.clock());
  };

  it('asks a database on another machine', async () => {
    for (const url of ['postgres://a:b@db.example.com/w', 'postgres://a@10.0.0.5:5432/w?sslmode=require'])
      assert.match((await doubtBeside(url)) ?? '', /not confirmed by the clock of the database yet/, url);
  });

  it('asks none on this machine, which has the same clock', async () => {
    const here = [
      null,
      'postgres://a:b@127.0.0.1:5432/w',
      'postgres://a@localhost/w',
      'postgres://a@[::1]/w',
      'postgres:///w?host=/run/postgresql',
      'postgres://a@%2Frun%2Fpostgresql/w',
    ];
    for (const url of here) assert.equal(await doubtBeside(url), null, String(url));
  });
});
