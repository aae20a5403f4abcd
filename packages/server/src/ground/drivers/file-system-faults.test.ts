/** Each call of each writing operation fails: before it, in its middle, after it. Then a restart, the check, and the retry. */
import assert from 'node:assert/strict';
import { type FileHandle, mkdir, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isCoded, messageOf } from '@waybill/core';
import { digestOf } from '@waybill/core/digest';
import { type TempDir, tempDir } from '@waybill/testkit';
import type { BlobDriver } from './blob-driver.ts';
import { type Disk, realDisk } from './disk.ts';
import { openFileSystem } from './file-system.ts';

type Moment = 'before' | 'midway' | 'after';

/** The n-th writing call fails. Midway is for writes alone: half of the bytes are there. */
class BrokenDisk {
  #countdown = 0;
  #moment: Moment = 'before';
  #errno = '';
  /** The call that failed. */
  failed: keyof Disk | null = null;

  plan(nth: number, moment: Moment, errno: string): void {
    this.#countdown = nth;
    this.#moment = moment;
    this.#errno = errno;
    this.failed = null;
  }

  readonly disk: Disk = {
    create: (path) => this.#around('create', () => realDisk.create(path)),
    write: (file, bytes, position) =>
      this.#around(
        'write',
        () => realDisk.write(file, bytes, position),
        () => realDisk.write(file, bytes.subarray(0, bytes.length / 2), position),
      ),
    sync: (file) => this.#around('sync', () => realDisk.sync(file)),
    rename: (from, to) => this.#around('rename', () => realDisk.rename(from, to)),
    remove: (path) => this.#around('remove', () => realDisk.remove(path)),
    syncDirectory: (path) => this.#around('syncDirectory', () => realDisk.syncDirectory(path)),
    makeDirectory: (path) => this.#around('makeDirectory', () => realDisk.makeDirectory(path)),
  };

  async #around<T>(call: keyof Disk, work: () => Promise<T>, half?: () => Promise<unknown>): Promise<T> {
    if (this.#countdown === 0 || --this.#countdown > 0) return work();
    this.failed = call;
    if (this.#moment === 'after') {
      const result: unknown = await work();
      if (result instanceof Object && 'close' in result) await (result as FileHandle).close();
    }
    if (this.#moment === 'midway') await half?.();
    throw Object.assign(new Error(`${this.#errno}: injected`), { code: this.#errno });
  }
}

const OLD = Buffer.from('the bytes of before');
const NEW = Buffer.from('and those that come after');
const BOTH = Buffer.concat([OLD, NEW]);

async function* inTwo(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, 7);
  yield bytes.subarray(7);
}

interface Case {
  readonly name: string;
  readonly prepare: (driver: BlobDriver) => Promise<unknown>;
  readonly run: (driver: BlobDriver) => Promise<unknown>;
  /** What a restart may find under `d/key` and `d/part`. */
  readonly allowed: readonly (readonly [key: string | null, part: string | null])[];
  /** The retry after the restart, when it is not the same call. */
  readonly retry?: (driver: BlobDriver) => Promise<unknown>;
  readonly done: readonly [key: string | null, part: string | null];
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const putOld = (driver: BlobDriver): Promise<unknown> => driver.put('d/key', OLD);
const appendOld = (driver: BlobDriver): Promise<unknown> =>
  driver.append('d/part', inTwo(OLD), { at: 0, maxBytes: 99 });

const CASES: readonly Case[] = [
  {
    name: 'put of a new key',
    prepare: async () => undefined,
    run: (driver) => driver.put('d/key', inTwo(NEW), { expected: digestOf(NEW) }),
    allowed: [
      [null, null],
      [text(NEW), null],
    ],
    done: [text(NEW), null],
  },
  {
    name: 'put over a key',
    prepare: putOld,
    run: (driver) => driver.put('d/key', inTwo(NEW)),
    allowed: [
      [text(OLD), null],
      [text(NEW), null],
    ],
    done: [text(NEW), null],
  },
  {
    name: 'replace',
    prepare: putOld,
    run: (driver) => driver.replace('d/key', NEW),
    allowed: [
      [text(OLD), null],
      [text(NEW), null],
    ],
    done: [text(NEW), null],
  },
  {
    name: 'delete',
    prepare: putOld,
    run: (driver) => driver.delete('d/key'),
    allowed: [
      [text(OLD), null],
      [null, null],
    ],
    done: [null, null],
  },
  {
    name: 'the first append',
    prepare: async () => undefined,
    run: appendOld,
    allowed: [
      [null, null],
      [null, ''],
    ],
    done: [null, text(OLD)],
  },
  {
    // Bytes that the disk did not confirm are taken back, also when only the fsync failed: a second one would
    // succeed without having written them.
    name: 'a later append',
    prepare: appendOld,
    run: (driver) => driver.append('d/part', inTwo(NEW), { at: OLD.length, maxBytes: 99 }),
    allowed: [[null, text(OLD)]],
    done: [null, text(BOTH)],
  },
  {
    name: 'rename of a finished part',
    prepare: async (driver) => {
      await putOld(driver);
      await driver.append('d/part', inTwo(NEW), { at: 0, maxBytes: 99 });
    },
    run: (driver) => driver.rename('d/part', 'd/key'),
    allowed: [
      [text(OLD), text(NEW)],
      [text(NEW), null],
    ],
    retry: async (driver) => {
      if ((await driver.stat('d/part')) !== null) await driver.rename('d/part', 'd/key');
    },
    done: [text(NEW), null],
  },
];

describe('the file-system driver: fault table', () => {
  let directory: TempDir;
  let homes = 0;
  before(async () => {
    directory = await tempDir();
  });
  after(() => directory.remove());

  for (const subject of CASES) {
    it(`${subject.name}: whole bytes or none after any fault, and the next try works`, async () => {
      const failed = new Set<string>();
      for (const errno of ['EIO', 'ENOSPC']) {
        for (const moment of ['before', 'midway', 'after'] as const) {
          for (let nth = 1; ; nth++) {
            const call = await failOnce(subject, { nth, moment, errno });
            if (call === null) break;
            failed.add(call);
          }
        }
      }
      assert.ok(failed.size >= 2, [...failed].join());
    });
  }

  /** The call that failed; null when the operation has fewer of them. */
  async function failOnce(
    subject: Case,
    fault: { readonly nth: number; readonly moment: Moment; readonly errno: string },
  ): Promise<keyof Disk | null> {
    const root = join(directory.path, `home-${homes++}`);
    await subject.prepare(await openFileSystem({ root }));
    const broken = new BrokenDisk();
    const driver = await openFileSystem({ root, disk: broken.disk });
    broken.plan(fault.nth, fault.moment, fault.errno);
    const outcome = await subject.run(driver).then(
      () => null,
      (error: unknown) => error,
    );
    const { failed } = broken;
    if (outcome !== null) {
      const code = fault.errno === 'ENOSPC' ? 'blob_disk_full' : 'blob_unavailable';
      assert.ok(isCoded(outcome, code), `${failed}: ${messageOf(outcome)}`);
    }
    const label = `${fault.errno} ${fault.moment} call ${fault.nth}, ${failed}`;
    const restarted = await openFileSystem({ root });
    const found = await contents(restarted);
    const allowed = outcome === null ? [subject.done] : subject.allowed;
    assert.ok(
      allowed.some(([key, part]) => key === found[0] && part === found[1]),
      `${label}: found ${JSON.stringify(found)}`,
    );
    assert.deepEqual(await readdir(join(root, '.tmp')), [], label);
    if (outcome !== null) await (subject.retry ?? subject.run)(restarted);
    assert.deepEqual(await contents(restarted), subject.done, label);
    return failed;
  }

  it('makes the name of a directory durable that a killed process may have made', async () => {
    const root = join(directory.path, 'killed');
    await mkdir(join(root, 'a', 'b'), { recursive: true });
    const synced: string[] = [];
    const disk: Disk = {
      ...realDisk,
      syncDirectory: async (path) => void synced.push(relative(root, path)),
    };
    const driver = await openFileSystem({ root, disk });
    await driver.put('a/b/key', NEW);
    await driver.put('a/b/other', NEW);
    assert.deepEqual(synced, ['', 'a', 'a/b', 'a/b']);
  });

  async function contents(driver: BlobDriver): Promise<[string | null, string | null]> {
    const read = async (key: string): Promise<string | null> =>
      (await driver.stat(key)) === null ? null : text(await driver.read(key));
    return [await read('d/key'), await read('d/part')];
  }
});
