import os from 'node:os';
import path from 'node:path';
import { isCoded, Secret } from '@waybill/core';
import { Fields, parseJson } from '@waybill/core/bytes';
import { cliError } from './exit.ts';
import { readIfPresent, writePrivate } from './files.ts';
import type { Session } from './session.ts';

/** What `waybill login` saves: one server and the token for it. */
export interface SavedLogin {
  readonly url: string;
  readonly token: Secret<string>;
}

export function configFile(env: NodeJS.ProcessEnv): string {
  // XDG base directory specification: a relative value must be ignored.
  const xdg = env['XDG_CONFIG_HOME'];
  const base = xdg && path.isAbsolute(xdg) ? xdg : path.join(env['HOME'] ?? os.homedir(), '.config');
  return path.join(base, 'waybill', 'config.json');
}

/** Throws `cli_config` for a damaged file; null when nobody has logged in. */
export async function readLogin(env: NodeJS.ProcessEnv): Promise<SavedLogin | null> {
  const file = configFile(env);
  const text = await readIfPresent(file);
  if (text === null) return null;
  try {
    const fields = new Fields(parseJson(text, file), 'config');
    return { url: originOf(fields.string('url'), file), token: new Secret(fields.string('token')) };
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw cliError(
      'cli_config',
      `${file} is damaged (${cause.message}): remove it and run waybill login again`,
      {
        cause,
      },
    );
  }
}

export async function saveLogin(session: Session, login: SavedLogin): Promise<string> {
  const file = configFile(session.env);
  await writePrivate(
    session,
    file,
    `${JSON.stringify({ url: login.url, token: login.token.reveal() }, null, 2)}\n`,
  );
  return file;
}

/** `scheme://host:port` of a server URL. Throws `usage_invalid`; `from` names where the URL stands. */
export function originOf(text: string, from: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain =
    url &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    !url.username &&
    !url.password &&
    url.pathname === '/';
  if (!plain) {
    throw cliError(
      'usage_invalid',
      `${from}: expected a server URL such as http://127.0.0.1:7070, found ${JSON.stringify(text)}`,
    );
  }
  return url.origin;
}
