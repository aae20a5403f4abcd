/** The short form of `npm run torture -- tlog`; docs/TORTURE.md has the full one, tlog/kill.test.ts the log room alone. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tempDir } from '@waybill/testkit';
import { tortureTlog } from './tlog.ts';

const KILLS = 8;
/** A kill costs a start, which takes two seconds of a quiet machine. */
const WITHIN_MS = 8_000;

describe('a server killed at random moments while signatures are logged and certificates issued', () => {
  it('loses no acknowledged entry and no SCT, and its logs contradict nothing', async (t) => {
    await using directory = await tempDir('waybill-torture-');
    const seed = Math.floor(Date.now() / 1000);
    t.diagnostic(`seed ${seed}`);
    const options = { kills: KILLS, seed, directory: directory.path, withinMs: WITHIN_MS };
    const { rounds, promised } = await tortureTlog(options);
    t.diagnostic(`${rounds.length} kills`);
    assert.ok(rounds.length > 0);
    const logs = [...promised.values()].map(({ log }) => log);
    for (const log of ['rekor', 'ct'] as const) {
      t.diagnostic(`${logs.filter((name) => name === log).length} of ${log}`);
      assert.ok(logs.includes(log), `nothing was acknowledged by ${log}`);
    }
  });
});
