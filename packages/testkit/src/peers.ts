import { accessSync, constants, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

/** What a test needs from outside: its place, or the reason to skip with. */
export type Found =
  | { readonly path: string; readonly skip: false }
  | { readonly path: null; readonly skip: string };

/**
 * Another project's program (cosign, oras, crane …), from $WAYBILL_PEERS/bin, ~/.cache/waybill-peers/bin or PATH.
 * Use: `const cosign = requirePeer('cosign'); it('…', { skip: cosign.skip }, …)`.
 * With WAYBILL_REQUIRE_PEERS=1 a missing one throws: nothing is skipped unseen in CI.
 */
export function requirePeer(name: string): Found {
  const home = process.env['WAYBILL_PEERS'] ?? join(homedir(), '.cache', 'waybill-peers');
  const places = [join(home, 'bin'), ...(process.env['PATH'] ?? '').split(delimiter)];
  const path = places.map((place) => join(place, name)).find((file) => isProgram(file));
  return path === undefined
    ? missing(`${name} is not installed: looked in ${join(home, 'bin')} and PATH`)
    : { path, skip: false };
}

/** A file of the shared folder (published vectors, evidence): $WAYBILL_SHARED, else `../shared` beside the repository. */
export function sharedPath(...segments: readonly string[]): Found {
  const root = process.env['WAYBILL_SHARED'] ?? resolve(REPOSITORY, '..', 'shared');
  const path = join(root, ...segments);
  return existsSync(path) ? { path, skip: false } : missing(`${path} does not exist: set WAYBILL_SHARED`);
}

function missing(reason: string): Found {
  if (process.env['WAYBILL_REQUIRE_PEERS'] === '1') throw new Error(`WAYBILL_REQUIRE_PEERS=1: ${reason}`);
  return { path: null, skip: reason };
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Not there, or not to be run.
    return false;
  }
}
