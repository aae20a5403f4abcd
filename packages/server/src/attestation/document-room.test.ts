import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { documentRoom } from './document-room.ts';

describe('documentRoom', () => {
  it('never holds more than it has room for, and lets in whoever came first', async () => {
    const room = documentRoom(10);
    let held = 0;
    let most = 0;
    const order: number[] = [];
    const work = (bytes: number, index: number) =>
      room.within('an organisation', bytes, async () => {
        order.push(index);
        held += bytes;
        most = Math.max(most, held);
        await new Promise((turn) => setImmediate(turn));
        held -= bytes;
        return index;
      });
    const sizes = [6, 6, 3, 1, 10, 2, 2];
    assert.deepEqual(await Promise.all(sizes.map(work)), [0, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6]);
    assert.equal(most, 10);
  });

  it('gives each organisation its turn, whatever others have waiting', async () => {
    const room = documentRoom(10);
    const order: string[] = [];
    const work = (orgId: string) => room.within(orgId, 10, async () => order.push(orgId));
    await Promise.all([...Array.from({ length: 9 }, () => work('greedy')), work('modest')]);
    // One was in, one had its turn, and one was before it in the row.
    assert.equal(order.indexOf('modest'), 3, order.join());
  });

  it('lets in alone what is larger than all of it, and has its room again after a failure', async () => {
    const room = documentRoom(10);
    const failing = room.within('one', 11, async () => {
      throw new Error('unreadable');
    });
    const next = room.within('one', 10, async () => 'read');
    await assert.rejects(failing, /unreadable/);
    assert.equal(await next, 'read');
  });
});
