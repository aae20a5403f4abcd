import os from 'node:os';
import path from 'node:path';
import { openMirror } from '@waybill/clients/tuf';
import { isCoded } from '@waybill/core';
import { toHex, utf8 } from '@waybill/core/bytes';
import { sha256 } from '@waybill/core/crypto';
import { parseTrustedRoot } from '@waybill/core/trust';
import { defineCommand } from '../../command.ts';
import { cliError, EXIT } from '../../exit.ts';
import { makeDirectory, readNamedBytes, writePrivate } from '../../files.ts';
import { withLock } from '../../lock.ts';
import { listing } from '../../output.ts';
import type { Session } from '../../session.ts';

const TARGET = 'trusted_root.json';

export const command = defineCommand({
  summary:
    'Bring trusted_root.json from a TUF repository, verified from a root that you have; exit code 3 when the mirror shows what it must not',
  options: {
    mirror: { type: 'string', value: 'URL', required: true, summary: 'The repository: https://HOST/tuf' },
    root: {
      type: 'string',
      value: 'FILE',
      required: true,
      summary: 'Any root.json of the repository that came to you in a way that you trust',
    },
    'root-sha256': { type: 'string', value: 'HEX', summary: 'What that file must hash to' },
    to: { type: 'string', value: 'FILE', summary: `Where to; ${TARGET} unless told` },
  },
  examples: [
    'waybill trust fetch --mirror https://waybill.example.com/tuf --root root.json',
    'waybill trust fetch --mirror https://mirror.example.com/tuf --root root.json --root-sha256 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae --to /etc/waybill/trusted_root.json',
  ],
  run: async (session, { options }) => {
    const { mirror, root: rootFile, to = TARGET } = options;
    if (!/^https?:/.test(mirror) || !URL.canParse(mirror)) {
      throw cliError('usage_invalid', `--mirror: expected a URL such as https://waybill.example.com/tuf`);
    }
    const root = await readNamedBytes(path.resolve(session.cwd, rootFile));
    requireHash(rootFile, root, options['root-sha256']);
    const state = stateDirectory(session, sha256(utf8(`${mirror}\n`), root));
    await makeDirectory(path.dirname(state));
    const found = await withLock(session, state, () => fetchRoot(session, { mirror, root, stateDir: state }));
    const file = path.resolve(session.cwd, to);
    await writePrivate(session, file, found.text);
    const hash = toHex(sha256(utf8(found.text)));
    session.output.data({ mirror, rootVersion: found.rootVersion, file, sha256: hash }, () =>
      listing([
        [file, `sha256:${hash}`],
        ['mirror', mirror],
        ['root version', String(found.rootVersion)],
      ]),
    );
    return EXIT.ok;
  },
});

function requireHash(file: string, bytes: Uint8Array, wanted: string | undefined): void {
  if (wanted === undefined) return;
  const found = toHex(sha256(bytes));
  if (found === wanted.toLowerCase()) return;
  throw cliError(
    'not_verified',
    `${file} is not the root that you expect: its SHA-256 is ${found}, not ${wanted}`,
  );
}

/** For each root and mirror one memory, or a hostile mirror could spoil that of another. */
function stateDirectory({ env }: Session, key: Uint8Array): string {
  // XDG base directory specification: a relative value must be ignored.
  const xdg = env['XDG_DATA_HOME'];
  const base = xdg && path.isAbsolute(xdg) ? xdg : path.join(env['HOME'] ?? os.homedir(), '.local', 'share');
  return path.join(base, 'waybill', 'tuf', toHex(key));
}

async function fetchRoot(
  { fetch, interrupted }: Session,
  from: { readonly mirror: string; readonly root: Uint8Array; readonly stateDir: string },
): Promise<{ readonly text: string; readonly rootVersion: number }> {
  try {
    const { read, rootVersion } = await openMirror({ ...from, fetch, interrupted });
    const text = Buffer.from(await read(TARGET)).toString('utf8');
    parseTrustedRoot(text);
    return { text, rootVersion };
  } catch (cause) {
    if (isCoded(cause, 'tuf_client_not_verified')) throw cliError('not_verified', cause.message, { cause });
    throw cause;
  }
}
