import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CodedError, type Fetch, messageOf } from '@waybill/core';
import { Updater } from 'tuf-js';
import { tufClientError } from './errors.ts';
import { MirrorFetcher } from './mirror-fetcher.ts';

export interface MirrorOptions {
  /** Base of the repository, such as `https://waybill.example.com/tuf`. */
  readonly mirror: string;
  /** The root that is trusted because it came another way. */
  readonly root: Uint8Array;
  /**
   * Where the newest metadata seen is kept, for this root and mirror alone. What stands there is what makes a mirror that
   * goes back in time known: one caller at a time, and never emptied without need.
   */
  readonly stateDir: string;
  readonly fetch: Fetch;
  readonly interrupted: AbortSignal;
}

export interface Mirror {
  readonly rootVersion: number;
  /** The bytes that the repository has under this name, verified. */
  read(name: string): Promise<Uint8Array>;
}

/**
 * Follows the client workflow of TUF (specification 1.0, §5) from the newest root known to the targets that count now.
 * Throws `tuf_client_unreachable`, `tuf_client_not_verified` (§5.3–5.6: signature, rollback, freeze, mix-and-match) or
 * `tuf_client_state`.
 */
export async function openMirror(options: MirrorOptions): Promise<Mirror> {
  const { mirror, stateDir, interrupted } = options;
  const fetcher = new MirrorFetcher(options.fetch, interrupted);
  await keepRoot(options);
  const base = mirror.replace(/\/+$/, '');
  const place = { metadataDir: stateDir, metadataBaseUrl: base, targetBaseUrl: `${base}/targets` };
  const updater = openUpdater({ ...place, targetDir: stateDir, fetcher });
  const verified = <T>(work: Promise<T>) =>
    work.catch((cause: unknown) => refuse(cause, { fetcher, mirror }));
  await verified(updater.refresh());
  return {
    rootVersion: await rootVersionIn(stateDir),
    read: (name) => verified(readTarget(updater, { name, stateDir })),
  };
}

/** The first time only: afterwards the newest root stands there, which came from this one step by step. */
async function keepRoot({ root, stateDir }: MirrorOptions): Promise<void> {
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    await writeFile(rootFile(stateDir), root, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw tufClientError('tuf_client_state', `cannot write below ${stateDir}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function openUpdater(options: ConstructorParameters<typeof Updater>[0]): Updater {
  try {
    return new Updater(options);
  } catch (cause) {
    throw tufClientError(
      'tuf_client_state',
      `the root in ${rootFile(options.metadataDir)} cannot be used (${messageOf(cause)}): if the root that you named is ` +
        'one, remove that directory, and with it the memory of what this mirror showed before',
      { cause },
    );
  }
}

async function readTarget(
  updater: Updater,
  { name, stateDir }: { readonly name: string; readonly stateDir: string },
): Promise<Uint8Array> {
  const info = await updater.getTargetInfo(name);
  if (!info) throw tufClientError('tuf_client_not_verified', `the repository has no target ${name}`);
  const directory = await mkdtemp(path.join(stateDir, 'target-'));
  try {
    return await readFile(await updater.downloadTarget(info, path.join(directory, 'bytes')));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function rootVersionIn(stateDir: string): Promise<number> {
  const { signed } = JSON.parse(await readFile(rootFile(stateDir), 'utf8')) as {
    signed: { version: number };
  };
  return signed.version;
}

function rootFile(stateDir: string): string {
  return path.join(stateDir, 'root.json');
}

function refuse(
  cause: unknown,
  { fetcher, mirror }: { readonly fetcher: MirrorFetcher; readonly mirror: string },
): never {
  if (cause instanceof CodedError) throw cause;
  if (fetcher.failure !== null) {
    throw tufClientError(
      'tuf_client_unreachable',
      `the TUF repository ${mirror} does not give what it must: ${fetcher.failure}`,
      { cause },
    );
  }
  throw tufClientError('tuf_client_not_verified', `${mirror} cannot be trusted: ${messageOf(cause)}`, {
    cause,
  });
}
