import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own that is soon full. */
export interface SmallDisk extends AsyncDisposable {
  /** Until nothing more can be written. */
  fill(): Promise<void>;
  /** Makes room again. */
  drain(): Promise<void>;
}

/** For a test's `skip`: false as root of a machine that lets us mount, else the reason. */
export async function noSmallDisk(): Promise<string | false> {
  const probe = await mkdtemp(join(tmpdir(), 'waybill-mount-'));
  const { status } = mount(probe, '64k');
  if (status === 0) unmount(probe);
  await rmdir(probe);
  return status === 0 ? false : 'a small disk can only be mounted by root';
}

/** At a path that is made for it, or empty. `sizeBytes` counts whole pages. */
export async function smallDisk(at: string, sizeBytes: number): Promise<SmallDisk> {
  await mkdir(at, { recursive: true, mode: 0o711 });
  const { status, stderr } = mount(at, String(sizeBytes));
  assert.equal(status, 0, stderr);
  const ballast = join(at, 'ballast');
  return {
    async fill() {
      await assert.rejects(writeFile(ballast, Buffer.alloc(sizeBytes + 1)), { code: 'ENOSPC' });
    },
    drain: () => rm(ballast),
    async [Symbol.asyncDispose]() {
      unmount(at);
    },
  };
}

function mount(at: string, size: string) {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0711`, 'tmpfs', at], {
    encoding: 'utf8',
  });
}

/** Lazily: a server that is just ending may still have files open. */
function unmount(at: string): void {
  spawnSync('umount', ['-l', at]);
}
