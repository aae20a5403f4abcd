import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { testSession } from '../test/session.ts';
import { detectValue } from './describe-material.ts';

describe('detectValue', () => {
  it('takes files by their content, images by their form, and the rest as text', async () => {
    await using session = await testSession();
    await writeFile(path.join(session.cwd, 'b ü.json'), '{"bomFormat":"CycloneDX","specVersion":"1.5"}');
    assert.equal(await detectValue(session, 'b ü.json'), 'SBOM_CYCLONEDX_JSON');
    assert.equal(await detectValue(session, 'registry.example.com/app:1.4.0'), 'CONTAINER_IMAGE');
    for (const text of ['1.4.0', 'v1.4.0', 'hello world', 'a=b.json', 'https://example.com/x.json']) {
      assert.equal(await detectValue(session, text), 'STRING', text);
    }
  });
  it('never takes a path without a file, or a directory, for a text', async () => {
    await using session = await testSession();
    await mkdir(path.join(session.cwd, 'reports'));
    for (const value of ['sbom.json', './x', '../x', '/nowhere', 'out/junit.xml', 'reports', '.']) {
      await assert.rejects(detectValue(session, value), (error) => isCoded(error, 'cli_file'), value);
    }
  });
});
