import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';

describe('npm run demo', () => {
  it('leaves no directory and no server behind on Ctrl-C', async () => {
    const temp = await mkdtemp(path.join(os.tmpdir(), 'waybill-demo-test-'));
    try {
      // PostgreSQL may run as another user, who must be able to pass.
      await chmod(temp, 0o711);
      const demo = spawn(process.execPath, [path.join(import.meta.dirname, 'main.ts')], {
        env: { ...process.env, TMPDIR: temp },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      demo.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        // The server is up, and the next step is under way.
        if (said.includes('ready on')) demo.kill('SIGINT');
      });
      assert.deepEqual(await once(demo, 'close'), [130, null]);
      const url = /ready on (\S+)/.exec(said)?.[1] ?? '';
      await assert.rejects(fetch(url), 'the server still answers');
      assert.deepEqual(await readdir(temp), []);
    } finally {
      await rm(temp, { recursive: true, force: true });
    }
  });
});
