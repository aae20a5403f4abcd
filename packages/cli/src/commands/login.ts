import path from 'node:path';
import { createClient } from '@waybill/api/client';
import type { Secret } from '@waybill/core';
import { defineCommand } from '../command.ts';
import { originOf, saveLogin } from '../config.ts';
import { DEFAULT_SERVER, tokenOf, tokenVariable } from '../connection.ts';
import { cliError, EXIT } from '../exit.ts';
import { codeOf, readAll, readNamed } from '../files.ts';
import type { Session } from '../session.ts';
import { scopeText } from '../text.ts';

export const command = defineCommand({
  summary: 'Check a token with its server and save both for later commands',
  options: {
    local: {
      type: 'boolean',
      summary: "Take the owner token from the data directory of this machine's server",
    },
    data: {
      type: 'string',
      value: 'DIR',
      summary: 'Data directory for --local (or WAYBILL_DATA; ./waybill-data, as root /var/lib/waybill)',
    },
    token: { type: 'string', value: '-', summary: 'Read the token from standard input' },
  },
  examples: [
    'waybill login --local',
    'waybill login --server https://waybill.example.com --token - < token.txt',
  ],
  run: async (session, { options }) => {
    const url = originOf(
      session.globals.server ?? (session.env['WAYBILL_URL'] || DEFAULT_SERVER),
      '--server',
    );
    const token = await chosenToken(session, url, options);
    // Checked before it is saved: a wrong token fails here and not in the pipeline.
    const me = await createClient({ url, token, fetch: session.fetch }).me();
    const file = await saveLogin(session, { url, token });
    session.output.data(
      { server: url, ...me, config: file },
      () =>
        `logged in to ${url} as ${me.token.name} (${me.role}, ${scopeText(me.scope)} of ${me.organization}); saved in ${file}`,
    );
    return EXIT.ok;
  },
});

async function chosenToken(
  session: Session,
  url: string,
  options: { readonly local: boolean; readonly data: string | undefined; readonly token: string | undefined },
): Promise<Secret<string>> {
  const named = session.globals['token-file'];
  if ([options.local, options.token !== undefined, named !== undefined].filter(Boolean).length > 1) {
    throw cliError('usage_invalid', 'waybill login takes one of --local, --token - and --token-file');
  }
  if (options.local) return localToken(session, options.data);
  if (options.token === '-')
    return tokenOf((await readAll(session.stdin)).toString('utf8'), 'standard input');
  if (options.token !== undefined) {
    throw cliError(
      'usage_invalid',
      'waybill login --token takes only - and reads the token from standard input: on a command line every user of the machine can see it, so revoke it if it was real',
    );
  }
  if (named !== undefined) return tokenOf(await readNamed(named), named);
  const [variable, value] = tokenVariable(session.env) ?? [];
  if (variable !== undefined && value !== undefined) return tokenOf(value, variable);
  if (session.terminal !== null) {
    const { askHidden } = await import('../ask.ts');
    return tokenOf(await askHidden(session.terminal, `API token for ${url}`), 'your answer');
  }
  throw cliError(
    'usage_missing',
    'waybill login needs --local, or --token - with the token on standard input',
  );
}

async function localToken(session: Session, data: string | undefined): Promise<Secret<string>> {
  const directory = path.resolve(session.cwd, data ?? (session.env['WAYBILL_DATA'] || defaultData()));
  const file = path.join(directory, 'owner-token');
  try {
    return tokenOf(await readNamed(file), file);
  } catch (error) {
    if (codeOf(error instanceof Error ? error.cause : undefined) !== 'ENOENT') throw error;
    throw cliError(
      'cli_not_logged_in',
      `no owner token in ${directory}: start the server first (waybill serve), or name its data directory with --data`,
      { cause: error },
    );
  }
}

function defaultData(): string {
  return process.getuid?.() === 0 ? '/var/lib/waybill' : 'waybill-data';
}
