/** Seeds: what our own formatters made (fixtures.json), and files of others from the shared folder. */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface Fixtures {
  /** When all of it is valid. */
  readonly now: string;
  readonly trustedRoot: string;
  /** Keyless over a run; keyless over a verdict; over the same by a key. */
  readonly bundles: readonly string[];
  readonly bundleKey: string;
  /** Base64: the leaf with an SCT, then those of the authorities. */
  readonly certificates: readonly string[];
  readonly leafKey: string;
  readonly rekorRequests: readonly string[];
  readonly issuerKey: string;
  readonly identityToken: string;
  readonly registryToken: string;
  readonly signingRequest: string;
  readonly csr: string;
}

export const FIXTURES = JSON.parse(
  readFileSync(new URL('fixtures.json', import.meta.url), 'utf8'),
) as Fixtures;

export const SHARED = process.env['WAYBILL_SHARED'] ?? resolve(import.meta.dirname, '../../../shared');

/** Whether there are files of others; without them the fixtures alone are the seeds. */
export const hasShared = existsSync(SHARED);

const MAX_FILE_BYTES = 48 * 1024;

/** Files of the shared folder that match, the smallest first; none when the folder is not there. */
export function sharedFiles(pattern: string, most = 12): readonly Uint8Array[] {
  return globSync(pattern, { cwd: SHARED })
    .toSorted()
    .map((file) => join(SHARED, file))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file))
    .filter((bytes) => bytes.length <= MAX_FILE_BYTES)
    .toSorted((a, b) => a.length - b.length)
    .slice(0, most);
}

export const fromBase64 = (text: string): Uint8Array => Buffer.from(text, 'base64');
