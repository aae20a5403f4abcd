import assert from 'node:assert/strict';
import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type TempDir, tempDir } from '@waybill/testkit';
import { placeMarker } from './place.ts';

describe('placeMarker', () => {
  let folder: TempDir;
  const at = (name: string) => join(folder.path, name);
  before(async () => {
    folder = await tempDir();
    await mkdir(at('first'));
  });
  after(() => folder.remove());

  it('knows its own place, also after the directory was renamed', async () => {
    assert.equal(await placeMarker(at('first')).look(), 'unmarked');
    await placeMarker(at('first')).mark();
    assert.equal(await placeMarker(at('first')).look(), 'here');
    await rename(at('first'), at('data'));
    assert.equal(await placeMarker(at('data')).look(), 'here');
    assert.deepEqual(await readdir(at('data')), ['.place']);
  });

  it('knows a copy, with all times and rights, from itself, until that is marked', async () => {
    await cp(at('data'), at('copy'), { recursive: true, preserveTimestamps: true });
    assert.equal(await placeMarker(at('copy')).look(), 'elsewhere');
    assert.equal(await placeMarker(at('data')).look(), 'here');
    await placeMarker(at('copy')).mark();
    assert.equal(await placeMarker(at('copy')).look(), 'here');
  });

  it('takes what is no marker for another place', async () => {
    await writeFile(at('data/.place'), 'inode 1\n');
    assert.equal(await placeMarker(at('data')).look(), 'elsewhere');
    await rm(at('data/.place'));
    assert.equal(await placeMarker(at('data')).look(), 'unmarked');
  });

  it('says by its code that the directory cannot be used', async () => {
    await assert.rejects(placeMarker(at('nowhere')).mark(), { code: 'blob_unavailable', message: /ENOENT/ });
    await writeFile(at('file'), '');
    await assert.rejects(placeMarker(at('file')).look(), { code: 'blob_unavailable', message: /ENOTDIR/ });
  });

  it('marks where an attempt was cut short', async () => {
    await writeFile(at('data/.place.new'), 'half');
    await placeMarker(at('data')).mark();
    assert.equal(await placeMarker(at('data')).look(), 'here');
  });
});
