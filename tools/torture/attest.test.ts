/** The short form of `npm run torture -- attest`; docs/TORTURE.md has the full one. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { freePort, killWhileStarting, startProcess, tempDir } from '@waybill/testkit';
import { Random } from '../fuzz/random.ts';
import { tortureAttest } from './attest.ts';

const KILLS = 20;
/** A kill costs a start, two seconds of a quiet machine: one that is busy gets fewer, and says so. */
const WITHIN_MS = 15_000;
const LONGEST_FIRST_START_MS = 3000;

describe('a server killed at random moments under attest load', () => {
  it('keeps what it acknowledged, takes the rest again, and its log contradicts nothing', async (t) => {
    await using directory = await tempDir('waybill-torture-');
    const seed = Math.floor(Date.now() / 1000);
    t.diagnostic(`seed ${seed}`);
    const options = { seed, directory: directory.path, longestLoadMs: 400 };
    // In two runs: the second goes on from the journal and the data of the first.
    await tortureAttest({ ...options, kills: 1 });
    const again = { ...options, kills: KILLS, withinMs: WITHIN_MS };
    const { rounds, promised } = await tortureAttest(again);
    t.diagnostic(`${rounds.length} kills`);
    assert.ok(rounds.length > 1);
    assert.ok(promised.size > 0);
  });
});

describe('a server killed during its very first start', () => {
  it('is whole at the next one, with an owner who can sign in', async (t) => {
    const seed = Math.floor(Date.now() / 1000);
    t.diagnostic(`seed ${seed}`);
    const random = new Random(seed, 'first start');
    await using directory = await tempDir('waybill-torture-');
    for (const name of ['one', 'two']) {
      const place = { dataDir: join(directory.path, name), port: await freePort() };
      await killWhileStarting(place, random.below(LONGEST_FIRST_START_MS));
      const server = await startProcess(place);
      const token = (await readFile(join(place.dataDir, 'owner-token'), 'utf8')).trim();
      const headers = { authorization: `Bearer ${token}` };
      const me = await fetch(`${server.url}/waybill/v1/me`, { headers });
      assert.equal(me.status, 200);
      await server.end('SIGKILL');
    }
  });
});
