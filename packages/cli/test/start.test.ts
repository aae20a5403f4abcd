/** What every command of a pipeline pays before it does anything. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { BIN, cleanEnv, workspace } from './program.ts';

/** Tells on stderr which files a process loads. */
const WATCH = `import { registerHooks } from 'node:module';
const loaded = [];
registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
process.on('exit', () => console.error(JSON.stringify(loaded)));`;

describe('the start of a command', () => {
  it('loads no YAML, no policy engine and no schema, as most commands need none', async () => {
    await using at = await workspace();
    const watch = `data:text/javascript,${encodeURIComponent(WATCH)}`;
    const { stderr } = spawnSync(process.execPath, ['--import', watch, BIN, 'att', 'status'], {
      cwd: at.dir,
      env: cleanEnv(at.dir),
      encoding: 'utf8',
    });
    assert.match(stderr, /state_missing/);
    const loaded = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as string[];
    assert.deepEqual(
      loaded.filter((url) => /node_modules\/(?!@waybill)|packages\/rego\//.test(url)),
      [],
    );
    assert.ok(loaded.length < 100, `${loaded.length} files`);
  });
});
