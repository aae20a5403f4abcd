import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { askTogether } from './ask-together.ts';

describe('askTogether', () => {
  it('asks once for all of one turn, and gives each its own answer', async () => {
    const asked: (readonly number[])[] = [];
    const half = askTogether(async (keys: readonly number[]) => {
      asked.push(keys);
      return keys.map((key) => (key % 2 === 0 ? key / 2 : undefined));
    });
    assert.deepEqual(await Promise.all([half(4), half(5), half(4)]), [2, undefined, 2]);
    assert.equal(await half(8), 4);
    assert.deepEqual(asked, [[4, 5, 4], [8]]);
  });

  it('never answers from what was asked before: a question that comes meanwhile is asked anew', async () => {
    let value = 1;
    const gates: (() => void)[] = [];
    const read = askTogether(async (keys: readonly string[]) => {
      const now = value;
      await new Promise<void>((open) => gates.push(open));
      return keys.map(() => now);
    });
    const before = read('x');
    while (gates.length < 1) await new Promise((turn) => setImmediate(turn));
    value = 2;
    const after = read('x');
    while (gates.length < 2) await new Promise((turn) => setImmediate(turn));
    for (const open of gates) open();
    assert.deepEqual(await Promise.all([before, after]), [1, 2]);
  });

  it('fails for all who asked, and goes on', async () => {
    let broken = true;
    const read = askTogether(async (keys: readonly string[]) => {
      if (broken) throw new Error('away');
      return keys;
    });
    const outcomes = await Promise.allSettled([read('a'), read('b')]);
    assert.ok(outcomes.every(({ status }) => status === 'rejected'));
    broken = false;
    assert.equal(await read('c'), 'c');
  });
});
