import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { digestOf } from '@waybill/core/digest';
import { type TempDir, tempDir } from '@waybill/testkit';
import fc from 'fast-check';
import { assertBlobKey, type BlobDriver } from './blob-driver.ts';
import { type Disk, realDisk } from './disk.ts';
import { openFileSystem } from './file-system.ts';

let directory: TempDir;
let root: string;
let driver: BlobDriver;
let count = 0;

before(async () => {
  directory = await tempDir();
  root = join(directory.path, 'blobs');
  driver = await openFileSystem({ root });
});
after(() => directory.remove());

const text = (value: string): Uint8Array => Buffer.from(value);
const freshKey = (): string => `probe/${count++}`;
const code =
  (expected: string) =>
  (error: unknown): boolean =>
    isCoded(error, expected) || assert.fail(`expected ${expected}, found ${String(error)}`);

async function* chunks(...parts: readonly (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield part;
  }
}

async function aside(): Promise<readonly string[]> {
  return readdir(join(root, '.tmp'));
}

describe('put', () => {
  it('keeps what was streamed and tells its digest', async () => {
    const key = freshKey();
    const answer = await driver.put(key, chunks(text('hello '), text('world')));
    assert.deepEqual(answer, { digest: digestOf(text('hello world')), sizeBytes: 11 });
    assert.equal(Buffer.from(await driver.read(key)).toString(), 'hello world');
    assert.deepEqual(await driver.stat(key), { sizeBytes: 11 });
    assert.deepEqual(await aside(), []);
  });

  it('keeps nothing of wrong, too large or broken input', async () => {
    const key = freshKey();
    const expected = digestOf(text('other'));
    await assert.rejects(driver.put(key, text('bytes'), { expected }), code('blob_digest_mismatch'));
    await assert.rejects(driver.put(key, text('bytes'), { maxBytes: 4 }), code('blob_too_large'));
    await assert.rejects(driver.put(key, chunks(text('by'), new Error('reset'))), code('blob_interrupted'));
    assert.equal(await driver.stat(key), null);
    assert.deepEqual(await aside(), []);
  });

  it('checks by the algorithm of the expected digest', async () => {
    const expected = digestOf(text('x'), 'sha512');
    assert.equal((await driver.put(freshKey(), text('x'), { expected })).digest, expected);
  });

  it('takes the empty blob', async () => {
    const key = freshKey();
    assert.equal((await driver.put(key, chunks())).sizeBytes, 0);
    assert.equal((await buffer(await driver.open(key))).length, 0);
  });

  it('has one whole winner when many write one key', async () => {
    const key = freshKey();
    const bodies = Array.from({ length: 8 }, (_, n) => Buffer.alloc(200_000, n));
    await Promise.all(
      bodies.map((body) => driver.put(key, chunks(body.subarray(0, 100_000), body.subarray(100_000)))),
    );
    const kept = Buffer.from(await driver.read(key));
    assert.ok(bodies.some((body) => body.equals(kept)));
  });
});

describe('open', () => {
  it('reads ranges, and says which bytes there are when the range is outside', async () => {
    const key = freshKey();
    await driver.put(key, text('0123456789'));
    const part = async (start: number, end?: number): Promise<string> =>
      (await buffer(await driver.open(key, end === undefined ? { start } : { start, end }))).toString();
    assert.equal(await part(0, 0), '0');
    assert.equal(await part(3, 5), '345');
    assert.equal(await part(8), '89');
    assert.equal(await part(8, 99), '89');
    for (const [start, end] of [
      [10, 12],
      [5, 4],
      [-1, 2],
      [0.5, 2],
      [Number.NaN, 2],
    ] as const) {
      await assert.rejects(driver.open(key, { start, end }), code('blob_range_invalid'));
    }
    await assert.rejects(driver.open(freshKey()), code('blob_not_found'));
    await assert.rejects(driver.open('probe'), code('blob_not_found'));
    await assert.rejects(driver.read('probe'), code('blob_not_found'));
    assert.equal(await driver.stat('probe'), null);
  });
});

describe('append', () => {
  it('grows a part only at its end', async () => {
    const key = freshKey();
    assert.deepEqual(await driver.append(key, chunks(text('abc')), { at: 0, maxBytes: 9 }), { sizeBytes: 3 });
    await assert.rejects(
      driver.append(key, chunks(text('x')), { at: 0, maxBytes: 9 }),
      code('blob_wrong_offset'),
    );
    await assert.rejects(
      driver.append(key, chunks(text('x')), { at: 4, maxBytes: 9 }),
      code('blob_wrong_offset'),
    );
    await assert.rejects(
      driver.append(freshKey(), chunks(text('x')), { at: 4, maxBytes: 9 }),
      code('blob_wrong_offset'),
    );
    assert.deepEqual(await driver.append(key, chunks(text('def')), { at: 3, maxBytes: 9 }), { sizeBytes: 6 });
    await assert.rejects(
      driver.append(key, chunks(text('ghijk')), { at: 6, maxBytes: 9 }),
      code('blob_too_large'),
    );
    assert.deepEqual(await driver.stat(key), { sizeBytes: 6 });
    assert.equal(Buffer.from(await driver.read(key)).toString(), 'abcdef');
  });

  it('keeps what came before an interruption, so that the rest can follow', async () => {
    const key = freshKey();
    await assert.rejects(
      driver.append(key, chunks(text('abc'), new Error('reset')), { at: 0, maxBytes: 9 }),
      code('blob_interrupted'),
    );
    assert.deepEqual(await driver.append(key, chunks(text('def')), { at: 3, maxBytes: 9 }), { sizeBytes: 6 });
    const final = freshKey();
    await driver.rename(key, final);
    assert.equal(await driver.stat(key), null);
    assert.equal(Buffer.from(await driver.read(final)).toString(), 'abcdef');
  });

  it('lets one request write at a time', async () => {
    const key = freshKey();
    const slow = new Readable({ read: () => undefined });
    const first = driver.append(key, slow, { at: 0, maxBytes: 9 });
    await assert.rejects(driver.append(key, chunks(text('x')), { at: 0, maxBytes: 9 }), code('blob_busy'));
    slow.push('ab');
    slow.push(null);
    assert.deepEqual(await first, { sizeBytes: 2 });
  });
});

describe('delete', () => {
  it('removes, and does not mind what is not there', async () => {
    const key = freshKey();
    await driver.put(key, text('x'));
    await driver.delete(key);
    await driver.delete(key);
    assert.equal(await driver.stat(key), null);
    await assert.rejects(driver.rename(key, freshKey()), code('blob_not_found'));
  });
});

describe('list', () => {
  it('gives every key below a prefix, and none of the files aside', async () => {
    for (const key of ['walk/b/2', 'walk/a/1', 'walk/3', 'walker/4']) await driver.put(key, text(key));
    await writeFile(join(root, '.tmp', 'being-written'), '');
    assert.deepEqual(await Array.fromAsync(driver.list('walk')), ['walk/3', 'walk/a/1', 'walk/b/2']);
    assert.deepEqual(await Array.fromAsync(driver.list('nothing')), []);
    await assert.rejects(Array.fromAsync(driver.list('../etc')), code('blob_key_invalid'));
  });

  it('leaves to a running server what it is writing', async () => {
    await writeFile(join(root, '.tmp', 'being-written'), '');
    await openFileSystem({ root, inUse: true });
    assert.ok((await aside()).includes('being-written'));
    await openFileSystem({ root });
    assert.deepEqual(await aside(), []);
  });
});

describe('assertBlobKey', () => {
  it('lets no key out of the store', async () => {
    for (const key of [
      '',
      '/',
      '/etc/passwd',
      '../x',
      'a/../b',
      'a//b',
      'a/',
      '.tmp/x',
      'a/.b',
      'a\\b',
      'a\0b',
      'A',
      'ä',
      'a b',
      'x'.repeat(201),
    ]) {
      assert.throws(() => assertBlobKey(key), code('blob_key_invalid'));
      await assert.rejects(driver.put(key, text('x')), code('blob_key_invalid'));
      await assert.rejects(driver.stat(key), code('blob_key_invalid'));
    }
  });

  it('accepts only keys that stay inside, whatever is tried', () => {
    const alphabet = fc.constantFrom('a', '0', '.', '..', '/', '-', '_', '\0', '\\', '%2e', 'é');
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 12 }), (parts) => {
        const key = parts.join('');
        try {
          assertBlobKey(key);
        } catch (error) {
          assert.ok(isCoded(error, 'blob_key_invalid'));
          return;
        }
        assert.ok(join('/root', key).startsWith('/root/') && join('/root', key) === `/root/${key}`);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a disk that fails', () => {
  type Call = keyof Disk;

  /** The first `call` fails: before it did anything, or after it did everything. The whole table: file-system-faults. */
  function failing(call: Call, when: 'before' | 'after', errno: string): Disk {
    let armed = true;
    const real = realDisk[call] as (...args: unknown[]) => Promise<unknown>;
    const broken = async (...args: unknown[]): Promise<unknown> => {
      if (!armed) return real(...args);
      armed = false;
      if (when === 'after') await real(...args);
      throw Object.assign(new Error(`${errno}: injected`), { code: errno });
    };
    return { ...realDisk, [call]: broken };
  }

  /** Opens over a working disk, then lets it fail: opening itself writes too. */
  async function openThenFail(home: string, disk: Disk): Promise<BlobDriver> {
    let opened = false;
    const calls = Object.keys(realDisk) as Call[];
    const late = Object.fromEntries(
      calls.map((call) => [
        call,
        (...args: unknown[]) => ((opened ? disk : realDisk)[call] as (...a: unknown[]) => unknown)(...args),
      ]),
    ) as unknown as Disk;
    const subject = await openFileSystem({ root: home, disk: late });
    opened = true;
    return subject;
  }

  it('an error that is not about room is blob_unavailable and shows no path of the server', async () => {
    const subject = await openThenFail(join(directory.path, 'eio'), failing('sync', 'before', 'EIO'));
    await assert.rejects(subject.put('k', text('x')), (error: unknown) => {
      assert.ok(isCoded(error, 'blob_unavailable'));
      return !error.message.includes(directory.path);
    });
  });

  it('half a chunk of an upload is taken back', async () => {
    const home = join(directory.path, 'half');
    const disk: Disk = {
      ...realDisk,
      async write(file, bytes, position) {
        await realDisk.write(file, bytes.subarray(0, 2), position);
        throw Object.assign(new Error('ENOSPC: injected'), { code: 'ENOSPC' });
      },
    };
    const subject = await openThenFail(home, disk);
    await assert.rejects(
      subject.append('up/1', chunks(text('abcd')), { at: 0, maxBytes: 9 }),
      code('blob_disk_full'),
    );
    assert.deepEqual(await (await openFileSystem({ root: home })).stat('up/1'), { sizeBytes: 0 });
  });

  it('what a killed server left aside is removed at the next start', async () => {
    const home = join(directory.path, 'killed');
    await mkdir(join(home, '.tmp'), { recursive: true });
    await writeFile(join(home, '.tmp', 'half'), 'x');
    await openFileSystem({ root: home });
    assert.deepEqual(await readdir(join(home, '.tmp')), []);
  });

  it('ping fails when nothing can be written', async () => {
    await driver.ping();
    const subject = await openThenFail(join(directory.path, 'ping'), failing('create', 'before', 'EROFS'));
    await assert.rejects(subject.ping(), code('blob_unavailable'));
    for (const call of ['write', 'sync'] as const) {
      const home = join(directory.path, `ping-${call}`);
      const full = await openThenFail(home, failing(call, 'before', 'ENOSPC'));
      await assert.rejects(full.ping(), code('blob_disk_full'));
      await full.ping();
      assert.deepEqual(await readdir(join(home, '.tmp')), []);
    }
  });
});
