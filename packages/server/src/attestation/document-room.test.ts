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
      room.within(bytes, async () => {
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

  it('lets in alone what is larger than all of it, and has its room again after a failure', async () => {
    const room = documentRoom(10);
    const failing = room.within(11, async () => {
      throw new Error('unreadable');
    });
    const next = room.within(10, async () => 'read');
    await assert.rejects(failing, /unreadable/);
    assert.equal(await next, 'read');
  });
});
