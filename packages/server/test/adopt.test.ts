/** A data directory that was copied, in the hands of the real program. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { freePort, runToEnd, startProcess, tempDir } from '@waybill/testkit';

describe('waybill trust log adopt', () => {
  it('lets the logs of a copy go on, or ends them; until then no server starts over it', async () => {
    await using folder = await tempDir('waybill-adopt-');
    await chmod(folder.path, 0o711);
    const at = (name: string) => join(folder.path, name);
    const shards = async (name: string) => {
      const server = await startProcess({ dataDir: at(name), port });
      const response = await fetch(`${server.url}/waybill/v1/log/shards`);
      const { logs } = (await response.json()) as { logs: { origin: string; frozenAt: string | null }[] };
      await server.end('SIGTERM');
      return logs;
    };
    const port = await freePort();
    const born = await shards('first');
    assert.equal(born.length, 2);
    for (const name of ['copy', 'other']) execFileSync('cp', ['-a', at('first'), at(name)]);

    const listen = ['--listen', `127.0.0.1:${port}`];
    const refused = await runToEnd('--data', at('copy'), ...listen);
    assert.equal(refused.code, 1, refused.stderr);
    assert.match(refused.stderr, /this is a copy, or the disk is another one.*\[tlog_copied\]/s);

    for (const words of [[], ['--continue', '--freeze']]) {
      const unsaid = await runToEnd('log', 'adopt', ...words, '--data', at('copy'));
      assert.equal(unsaid.code, 2);
      assert.match(unsaid.stderr, /A log must never sign two histories/);
    }
    assert.equal((await runToEnd('--data', at('copy'), ...listen)).code, 1);

    const goesOn = await runToEnd('log', 'adopt', '--continue', '--data', at('copy'));
    assert.equal(goesOn.code, 0, goesOn.stderr);
    assert.match(goesOn.stdout, /go on here, and must go on nowhere else/);
    assert.deepEqual(await shards('copy'), born);

    const ended = await runToEnd('log', 'adopt', '--freeze', '--data', at('other'));
    assert.equal(ended.code, 0, ended.stderr);
    const after = await shards('other');
    assert.equal(after.length, 4);
    for (const { origin } of born)
      assert.ok(
        after.some((log) => log.origin === origin && log.frozenAt !== null),
        origin,
      );

    const running = await startProcess({ dataDir: at('first'), port });
    const busy = await runToEnd('log', 'adopt', '--continue', '--data', at('first'));
    assert.match(busy.stderr, /\[data_dir_in_use\]/);
    await running.end('SIGTERM');
  });
});
