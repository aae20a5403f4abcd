import assert from 'node:assert/strict';
import { relative, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { renderPages } from './pages.ts';

describe('npm run docs', () => {
  it('would change nothing', async () => {
    const root = resolve(import.meta.dirname, '../..');
    for (const { file, before, after } of await renderPages()) {
      assert.equal(before, after, `${relative(root, file)} is not current: npm run docs`);
    }
  });
});
