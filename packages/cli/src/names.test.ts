import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import fc from 'fast-check';
import { nameOf } from './names.ts';

describe('nameOf', () => {
  it('takes what the server takes, and offers the nearest name for the rest', () => {
    for (const name of ['a', '0', 'my-app', 'a'.repeat(63)]) assert.equal(nameOf(name, '--name'), name);
    for (const [text, near] of [
      ['My App', ': my-app would do'],
      ['x/y', ': x-y would do'],
      ['-a-', ': a would do'],
      ['', 'found ""'],
      ['é', 'found "é"'],
    ] as const) {
      assert.throws(
        () => nameOf(text, '--name'),
        (error) =>
          isCoded(error, 'usage_invalid') &&
          error.message.startsWith('--name: ') &&
          error.message.endsWith(near),
        text,
      );
    }
  });
  it('offers only names that it takes itself', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          nameOf(text, '--name');
        } catch (error) {
          assert.ok(isCoded(error, 'usage_invalid'));
          const near = /: ([^ ]+) would do$/.exec(error.message)?.[1];
          if (near !== undefined) assert.equal(nameOf(near, '--name'), near);
        }
      }),
    );
  });
});
