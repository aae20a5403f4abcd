/** A server whose clock is set under way, and one beside NTP servers. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type NtpStandIn, ntpServer, type TestWorld, testWorld } from '@waybill/testkit';

let setByMs = 0;
const time = {
  clock: () => new Date(Date.now() + setByMs),
  elapsedMs: () => performance.now(),
  sleptMs: () => 0,
};

const QUESTION = JSON.stringify({
  artifactHash: createHash('sha256').update('artifact').digest('base64'),
  hashAlgorithm: 'sha256',
});

const date = ({ server }: TestWorld) =>
  server.app.inject({
    method: 'POST',
    url: '/api/v1/timestamp',
    headers: { 'content-type': 'application/json' },
    payload: QUESTION,
  });

async function figure({ url }: TestWorld, series: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1));
}

describe('a clock that is set under way', () => {
  let world: TestWorld;
  before(async () => {
    world = await testWorld({ time });
  });
  after(async () => {
    setByMs = 0;
    await world.close();
  });

  it('stops certificates and timestamps, not the server, until it is back', async () => {
    assert.equal((await date(world)).statusCode, 200);
    assert.equal(await figure(world, 'waybill_clock_believed'), 1);
    setByMs = 5000;
    const refused = await date(world);
    assert.equal(refused.statusCode, 503);
    assert.equal(refused.json().code, 503);
    assert.match(
      refused.json().message,
      /5\.\d s ahead of the time that passed: somebody or something set it/,
    );
    assert.equal(await figure(world, 'waybill_clock_believed'), 0);
    const ahead = await figure(world, 'waybill_clock_ahead_seconds{source="monotonic"}');
    assert.ok(Math.abs(ahead - 5) < 0.5, String(ahead));
    assert.equal((await world.server.app.inject('/readyz')).statusCode, 200);
    assert.deepEqual((await world.owner.listContracts()).contracts, []);
    setByMs = 0;
    assert.equal((await date(world)).statusCode, 200);
    assert.equal(await figure(world, 'waybill_clock_believed'), 1);
  });
});

describe('a clock beside NTP servers', () => {
  let servers: readonly NtpStandIn[];
  before(async () => {
    servers = await Promise.all([ntpServer(), ntpServer(), ntpServer()]);
  });
  after(() => Promise.all(servers.map((server) => server.close())));

  it('is believed when more than half of them confirm it', async () => {
    const [liar] = servers;
    assert.ok(liar);
    liar.aheadMs = 3_600_000;
    const world = await testWorld({ ntpServers: servers });
    try {
      assert.equal((await date(world)).statusCode, 200);
      assert.ok(Math.abs(await figure(world, 'waybill_clock_ahead_seconds{source="ntp"}')) < 0.5);
    } finally {
      await world.close();
      liar.aheadMs = 0;
    }
  });

  it('that is wrong from the start dates nothing', async () => {
    for (const server of servers) server.aheadMs = -10_000;
    const world = await testWorld({ ntpServers: servers });
    try {
      const refused = await date(world);
      assert.equal(refused.statusCode, 503);
      assert.match(refused.json().message, /10\.\d s ahead of the NTP servers/);
    } finally {
      await world.close();
    }
  });

  it('that none of them confirms dates nothing', async () => {
    for (const server of servers) server.spoil = () => null;
    const world = await testWorld({ ntpServers: servers });
    try {
      const refused = await date(world);
      assert.equal(refused.statusCode, 503);
      assert.match(refused.json().message, /is not confirmed by the NTP servers yet/);
    } finally {
      await world.close();
    }
  });
});
