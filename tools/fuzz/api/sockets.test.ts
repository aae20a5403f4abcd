/** The short form of `npm run fuzz -- api`, over sockets; packages/server/test/routes.test.ts has the rest of the routes. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { exchanges, fuzzSockets } from './sockets.ts';
import { type Furnished, furnishedWorld } from './world.ts';

const SEED = 20_261_128;
const REQUESTS = 60;

let world: Furnished;
before(async () => {
  world = await furnishedWorld();
});
after(() => world.close());

describe('mutated requests', () => {
  it('are answered or refused by every service, never with a 5xx or with silence', async () => {
    for (const service of Object.keys(exchanges(world))) {
      const { byStatus, faults } = await fuzzSockets(world, service, { seed: SEED, count: REQUESTS });
      assert.deepEqual(faults, [], service);
      const answered = Object.entries(byStatus).filter(([status]) => status.startsWith('2'));
      assert.ok(answered.length > 0, `${service}: nothing succeeds, so nothing is reached`);
    }
  });
});
