import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { digestOf, hexOf } from '@waybill/core/digest';
import { type TempDir, tempDir } from '@waybill/testkit';
import { type BlobDriver, openFileSystem } from '../ground/index.ts';
import { openStore, type Store } from './index.ts';

let directory: TempDir;
let driver: BlobDriver;
let store: Store;
before(async () => {
  directory = await tempDir();
  driver = await openFileSystem({ root: directory.path });
  store = openStore(driver);
});
after(() => directory.remove());

const bytes = (value: string): Uint8Array => Buffer.from(value);
async function* stream(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield bytes(part);
}
const coded =
  (code: string) =>
  (error: unknown): boolean =>
    isCoded(error, code);

describe('put', () => {
  it('gives the same bytes the same name, however they come', async () => {
    const digest = digestOf(bytes('hello'));
    assert.deepEqual(await store.put(bytes('hello')), { digest, sizeBytes: 5 });
    assert.deepEqual(await store.put(stream('he', 'llo')), { digest, sizeBytes: 5 });
    assert.deepEqual(await store.put(stream('hello'), { expected: digest }), { digest, sizeBytes: 5 });
    assert.equal(await text(await store.get(digest)), 'hello');
    assert.equal(await text(await store.get(digest, { start: 1, end: 2 })), 'el');
    assert.deepEqual(await store.stat(digest), { sizeBytes: 5 });
    assert.deepEqual(readdirSync(join(directory.path, 'incoming')), []);
  });

  it('refuses other bytes under a digest that it holds already', async () => {
    const { digest } = await store.put(bytes('held'));
    await assert.rejects(store.put(bytes('other'), { expected: digest }), coded('blob_digest_mismatch'));
    assert.equal(Buffer.from(await store.read(digest)).toString(), 'held');
  });

  it('keeps nothing above the limit', async () => {
    await assert.rejects(store.put(stream('too', 'large'), { maxBytes: 5 }), coded('blob_too_large'));
    assert.equal(await store.stat(digestOf(bytes('toolarge'))), null);
    assert.deepEqual(readdirSync(join(directory.path, 'incoming')), []);
  });
});

describe('read', () => {
  it('does not answer with bytes that changed on disk', async () => {
    const { digest } = await store.put(bytes('evidence'));
    const hex = hexOf(digest);
    writeFileSync(join(directory.path, 'store', 'sha256', hex.slice(0, 2), hex), 'changed!');
    await assert.rejects(store.read(digest), coded('store_corrupt'));
  });

  it('says what is missing or too large', async () => {
    const missing = digestOf(bytes('never stored'));
    await assert.rejects(store.read(missing), coded('store_not_found'));
    await assert.rejects(store.get(missing), coded('store_not_found'));
    const { digest } = await store.put(bytes('12345'));
    await assert.rejects(store.read(digest, { maxBytes: 4 }), coded('store_too_large'));
  });
});

describe('adopt', () => {
  it('takes a finished upload over', async () => {
    await driver.append('uploads/1', stream('in ', 'parts'), { at: 0, maxBytes: 99 });
    const stored = { digest: digestOf(bytes('in parts')), sizeBytes: 8 };
    await store.adopt('uploads/1', stored);
    assert.equal(Buffer.from(await store.read(stored.digest)).toString(), 'in parts');
    assert.equal(await driver.stat('uploads/1'), null);
    await assert.rejects(store.adopt('uploads/1', stored), coded('blob_not_found'));
  });
});
