import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runToEnd, tempDir } from '@waybill/testkit';

describe('--check-config', () => {
  it('shows what the server would run with, and starts nothing', async () => {
    await using directory = await tempDir();
    const data = join(directory.path, 'data');
    const ended = await runToEnd(
      '--check-config',
      '--data',
      data,
      '--database-url',
      'postgres://u:hunter2@h/d',
    );
    assert.deepEqual([ended.code, ended.stderr], [0, '']);
    assert.match(ended.stdout, /^database-url: "\*\*\*" +# --database-url$/m);
    assert.ok(!existsSync(data));
  });

  it('ends with exit code 2 for what would not start', async () => {
    const { code, stderr } = await runToEnd('--listen', 'nowhere', '--check-config');
    assert.equal(code, 2);
    assert.match(stderr, /--listen: expected HOST:PORT.*\[config_invalid\]/);
  });
});
