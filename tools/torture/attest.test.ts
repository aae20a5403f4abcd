/** The short form of `npm run torture -- attest`; docs/TORTURE.md has the full one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tempDir } from '@waybill/testkit';
import { tortureAttest } from './attest.ts';

const KILLS = 20;
/** A kill costs a start, two seconds of a quiet machine: one that is busy gets fewer, and says so. */
const WITHIN_MS = 35_000;

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
