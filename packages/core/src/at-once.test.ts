import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { atOnce } from './at-once.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('atOnce', () => {
  it('works on so many at a time, and answers in the order of the items', async () => {
    let busy = 0;
    let most = 0;
    const results = await atOnce([3, 1, 2, 0], 2, async (turns) => {
      most = Math.max(most, ++busy);
      for (let left = turns; left > 0; left--) await turn();
      busy--;
      return turns * 10;
    });
    assert.deepEqual(results, [30, 10, 20, 0]);
    assert.equal(most, 2);
  });

  it('begins nothing after a failure, and waits for what is under way', async () => {
    const ended: string[] = [];
    const work = async (item: string): Promise<void> => {
      await turn();
      if (item === 'bad') throw new Error('bad');
      await turn();
      ended.push(item);
    };
    await assert.rejects(atOnce(['bad', 'under way', 'never'], 2, work), /bad/);
    assert.deepEqual(ended, ['under way']);
  });
});
