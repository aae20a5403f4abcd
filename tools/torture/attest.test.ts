/** The short form of `npm run torture -- attest`; docs/TORTURE.md has the full one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tempDir } from '@waybill/testkit';
import { tortureAttest } from './attest.ts';

const KILLS = 20;

describe('a server killed at random moments under attest load', () => {
  it('keeps what it acknowledged, takes the rest again, and its log contradicts nothing', async (t) => {
    await using directory = await tempDir('waybill-torture-');
    const seed = Math.floor(Date.now() / 1000);
    t.diagnostic(`seed ${seed}`);
    const options = { seed, directory: directory.path, longestLoadMs: 400 };
    // In two runs: the second goes on from the journal and the data of the first.
    await tortureAttest({ ...options, kills: 1 });
    const { rounds, promised } = await tortureAttest({ ...options, kills: KILLS });
    assert.equal(rounds.length, KILLS);
    assert.ok(promised.size > 0);
  });
});
