/** Where a contract comes from: a file, standard input, a URL, or CUE that another program reads. */
import path from 'node:path';
import { isCoded, messageOf } from '@waybill/core';
import { fromUtf8, quoted, readAtMost } from '@waybill/core/bytes';
import type { OptionSpecs } from './command.ts';
import { exportCue } from './cue.ts';
import { cliError } from './exit.ts';
import { readAll, readNamedBytes } from './files.ts';
import type { Session } from './session.ts';

/** The words by which every verb takes its document. */
export const SOURCE_OPTIONS = {
  file: { type: 'string', short: 'f', value: 'FILE', summary: 'The same as the argument' },
  contract: { type: 'string', value: 'FILE', summary: 'The same, as Chainloop calls it' },
} as const satisfies OptionSpecs;

export const SOURCE_SUMMARY =
  'Contract document, YAML, JSON or CUE: a file, an https:// URL, or - for standard input';

export interface ContractSource {
  /** What messages call it. */
  readonly filename: string;
  readonly document: string;
  /** Of a document on this machine: where files that it names stand; null: it came from elsewhere. */
  readonly directory: string | null;
}

/** Longest answer that is read from a URL; the parser's own limit is in characters. */
const MAX_BYTES = 1_000_000;
const TIMEOUT_MS = 20_000;

/** The document itself. Throws `cli_file`, `cli_fetch`, `cli_cue`. */
export async function readSource(session: Session, name: string): Promise<ContractSource> {
  const source = await sourceOf(session, name);
  if (source.document.trim() !== '') return source;
  throw cliError(
    'cli_file',
    `${source.filename} is empty: expected a contract document in YAML or JSON, found ${source.document === '' ? '0 bytes' : 'blanks only'}`,
  );
}

async function sourceOf(session: Session, name: string): Promise<ContractSource> {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(name)) return fetchSource(session, name);
  if (name === '-') {
    const filename = 'standard input';
    return { filename, document: fromUtf8(await readAll(session.stdin), filename), directory: session.cwd };
  }
  const file = path.resolve(session.cwd, name);
  const directory = path.dirname(file);
  if (name.endsWith('.cue')) {
    return { filename: `${name} as JSON`, document: await exportCue(session, file), directory };
  }
  return { filename: name, document: fromUtf8(await readNamedBytes(file), name), directory };
}

/** Fetched here and never by the server, without any token; https only, also after a redirect. Throws `usage_invalid`, `cli_fetch`. */
export async function fetchSource(session: Session, name: string): Promise<ContractSource> {
  const url = URL.canParse(name) ? new URL(name) : null;
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') {
    throw cliError(
      'usage_invalid',
      `expected a file or an https:// URL without a password, found ${shown(url)}`,
    );
  }
  const signal = AbortSignal.any([session.interrupted, AbortSignal.timeout(TIMEOUT_MS)]);
  // A query may hold a secret, so no message shows it.
  const filename = `${url.origin}${url.pathname}`;
  try {
    const response = await session.fetch(url, { headers: { accept: '*/*' }, signal });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw cliError(
        'cli_fetch',
        `${filename} answered with status ${response.status}: expected 200 and a document`,
      );
    }
    const bytes = await readAtMost(response.body ?? [], MAX_BYTES, () =>
      cliError('cli_fetch', `${filename} is longer than ${MAX_BYTES} bytes, the limit for a document`),
    );
    return { filename, document: fromUtf8(bytes, filename), directory: null };
  } catch (cause) {
    throw asFetchError(cause, filename, signal);
  }
}

function shown(url: URL | null): string {
  return url === null ? 'neither' : quoted(`${url.protocol}//${url.username === '' ? '' : '…@'}${url.host}`);
}

function asFetchError(cause: unknown, filename: string, signal: AbortSignal): unknown {
  if (isCoded(cause)) return cause;
  const late = signal.reason instanceof Error && signal.reason.name === 'TimeoutError';
  const found = late ? `not finished after ${TIMEOUT_MS / 1000} s` : messageOf(cause);
  return cliError(
    'cli_fetch',
    `cannot fetch ${filename} (${found}): is the address right, and does this machine reach it? --ca-file names an authority to trust`,
    { cause },
  );
}

/** The argument, or the option that says the same. Throws `usage_…` for none and for several. */
export function sourceName(
  args: readonly string[],
  options: { readonly file?: string | undefined; readonly contract?: string | undefined },
): string {
  const [name, second] = [args[0], options.file, options.contract].filter((one) => one !== undefined);
  if (name === undefined) {
    throw cliError('usage_missing', 'expected FILE, an https:// URL, or - for standard input; see --help');
  }
  if (second === undefined) return name;
  throw cliError('usage_invalid', `expected one document, found ${name} and ${second}`);
}
