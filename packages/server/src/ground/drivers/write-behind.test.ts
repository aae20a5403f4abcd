import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { WriteBehind } from './write-behind.ts';

const KIB = 1024;

describe('WriteBehind', () => {
  it('writes the bytes in their order, whatever the pieces are', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 700 * KIB }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sizes, async (pieces) => {
        const written: Buffer[] = [];
        const behind = new WriteBehind(async (bytes) => {
          await new Promise(setImmediate);
          // Only now: whoever filled the buffer anew in the meantime would be seen.
          written.push(Buffer.from(bytes));
        });
        const added = pieces.map((size, index) => Buffer.alloc(size, index + 1));
        for (const piece of added) await behind.add(piece);
        await behind.end();
        assert.ok(Buffer.concat(written).equals(Buffer.concat(added)));
      }),
      { numRuns: 60 },
    );
  });

  it('writes large streams in large buffers, one at a time', async () => {
    let running = 0;
    const sizes: number[] = [];
    const behind = new WriteBehind(async (bytes) => {
      running += 1;
      assert.equal(running, 1);
      await new Promise(setImmediate);
      running -= 1;
      sizes.push(bytes.length);
    });
    for (let piece = 0; piece < 128; piece++) await behind.add(Buffer.alloc(64 * KIB));
    await behind.end();
    assert.ok(sizes.length < 40, `${sizes.length} writes for 8 MiB`);
  });

  it('tells a failed write, at the end at the latest', async () => {
    let writes = 0;
    const behind = new WriteBehind(async () => {
      await new Promise(setImmediate);
      writes += 1;
      if (writes === 4) throw new Error('the disk is full');
    });
    const all = async () => {
      for (let piece = 0; piece < 16; piece++) await behind.add(Buffer.alloc(64 * KIB));
      await behind.end();
    };
    await assert.rejects(all(), /the disk is full/);
    await behind.abandon();
  });
});
