import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { testSession } from '../test/session.ts';
import { writePrivate } from './files.ts';

describe('writePrivate', () => {
  it('makes the directories that are missing, for the owner alone', async () => {
    await using session = await testSession();
    const file = path.join(session.cwd, 'a/b/c.json');
    await Promise.all([writePrivate(session, file, 'one'), writePrivate(session, file, 'one')]);
    assert.equal(await readFile(file, 'utf8'), 'one');
    assert.equal((await stat(path.join(session.cwd, 'a'))).mode & 0o777, 0o700);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });
  it('refuses a place that takes no directory, and a file in the way', async () => {
    await using session = await testSession();
    await writePrivate(session, path.join(session.cwd, 'plain'), '');
    for (const file of ['/proc/waybill/a/b.json', path.join(session.cwd, 'plain/x/y.json')]) {
      await assert.rejects(writePrivate(session, file, ''), (error) => isCoded(error, 'cli_file'), file);
    }
  });
});
