/** The data directory as docs/reference/config.md describes it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { chmod, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { tempDir } from '@waybill/testkit';
import { createLog, parseConfig } from '../src/ground/index.ts';
import { startServer } from '../src/main.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/reference/config.md'), 'utf8');

describe('docs/reference/config.md', () => {
  it('lists what a running server keeps in its data directory, with its modes', async () => {
    const folder = await tempDir('waybill-data-');
    // PostgreSQL runs as another user when we are root.
    await chmod(folder.path, 0o711);
    const data = join(folder.path, 'data');
    const config = parseConfig(['--listen', '127.0.0.1:0', '--data', data], {});
    const server = await startServer(config, { log: createLog('silent') });
    try {
      const modes = new Map(
        page
          .matchAll(/^\| `([a-z.-]+)` \| ([0-7 or]+) \|/gm)
          .map(([, name = '', mode = '']) => [name, mode.split(' or ')] as const),
      );
      const entries = await readdir(data);
      assert.deepEqual(entries.toSorted(), [...modes.keys()].toSorted());
      for (const name of entries) {
        const { mode } = await stat(join(data, name));
        const shown = (mode & 0o777).toString(8).padStart(4, '0');
        assert.ok(modes.get(name)?.includes(shown), `${name} has the mode ${shown}`);
      }
    } finally {
      await server.close();
      await folder.remove();
    }
  });
});
