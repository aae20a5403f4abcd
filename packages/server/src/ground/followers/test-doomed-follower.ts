/** A process with a follower that ends by its own hand, in the midst of a delivery that holds an event of poison. */
import type pg from 'pg';
import { openDb } from '../db/db.ts';
import { OUTBOX_FEED } from '../feeds/feed.ts';
import { createLog } from '../log/log.ts';
import { startFollowers } from './follower.ts';

const { connection, limits } = JSON.parse(process.argv[2] ?? '') as {
  readonly connection: pg.PoolConfig;
  readonly limits: object;
};
const log = createLog('silent');

startFollowers({ db: openDb({ connection, log }), log, limits }, [
  {
    name: 'probe',
    feed: OUTBOX_FEED,
    batchEvents: 10,
    deliver: async (events) => {
      const poison = JSON.stringify(events).includes('"poison":true');
      if (poison) process.kill(process.pid, 'SIGKILL');
    },
  },
]);
