import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { cliError } from './exit.ts';
import { codeOf } from './files.ts';
import type { Session } from './session.ts';

const TIMEOUT_MS = 60_000;
const MAX_BYTES = 4_000_000;
const MAX_SHOWN = 500;

/**
 * The JSON that `cue export` makes of a file. CUE can compute without end and read other files, which is why the
 * machine of its writer evaluates it and the server never does. Throws `cli_cue`.
 */
export async function exportCue(session: Session, file: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('cue', ['export', '--out', 'json', file], {
      cwd: session.cwd,
      env: session.env,
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
      maxBuffer: MAX_BYTES,
      signal: session.interrupted,
    });
    return stdout;
  } catch (cause) {
    throw cliError('cli_cue', `${file} is CUE, and ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(cause: unknown): string {
  if (codeOf(cause) === 'ENOENT') {
    return 'there is no cue on the PATH to export it: install it from https://cuelang.org, or export the contract where it is (cue export --out json) and give the JSON';
  }
  const { stderr = '', killed = false } = cause as { readonly stderr?: string; readonly killed?: boolean };
  if (killed) return `cue export did not end within ${TIMEOUT_MS / 1000} s`;
  return `cue export refuses it: ${stderr.trim().slice(0, MAX_SHOWN) || 'it says nothing'}`;
}
