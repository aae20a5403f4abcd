import { type Client, createClient } from '@waybill/api/client';
import { type Fetch, Secret } from '@waybill/core';
import { originOf, readLogin } from './config.ts';
import { cliError } from './exit.ts';
import { readNamed } from './files.ts';
import type { Session } from './session.ts';

export const DEFAULT_SERVER = 'http://127.0.0.1:7070';

export interface Connection {
  readonly url: string;
  readonly token: Secret<string>;
  readonly client: Client;
  readonly fetch: Fetch;
}

/** The server without a token, for what it tells everybody. */
export async function reach(session: Session): Promise<Omit<Connection, 'token'>> {
  const url = await serverUrl(session);
  const { fetch } = session;
  return { url, fetch, client: createClient({ url, fetch }) };
}

/** As `connect`; null where there is no token. */
export async function connectIfKnown(session: Session): Promise<Connection | null> {
  const url = await serverUrl(session);
  const token = await tokenFor(session, url);
  const { fetch } = session;
  return token && { url, token, fetch, client: createClient({ url, token, fetch }) };
}

/** Server and token: options, then environment, then the saved login. Throws `cli_not_logged_in`. */
export async function connect(session: Session, pinnedServer?: string): Promise<Connection> {
  const url = await serverUrl(session, pinnedServer);
  const token = await tokenFor(session, url);
  if (!token) {
    throw cliError(
      'cli_not_logged_in',
      `no token for ${url}: run waybill login, or set WAYBILL_TOKEN, or name a file with --token-file`,
    );
  }
  const { fetch } = session;
  return { url, token, fetch, client: createClient({ url, token, fetch }) };
}

async function serverUrl(session: Session, pinned?: string): Promise<string> {
  const named = namedServer(session);
  if (pinned === undefined) return named ?? (await readLogin(session.env))?.url ?? DEFAULT_SERVER;
  if (named !== undefined && named !== pinned) {
    throw cliError(
      'state_other_server',
      `this attestation was started on ${pinned}, but you name ${named}: drop --server and WAYBILL_URL, or start a new attestation`,
    );
  }
  return pinned;
}

function namedServer({ globals, env }: Session): string | undefined {
  if (globals.server !== undefined) return originOf(globals.server, '--server');
  return env['WAYBILL_URL'] ? originOf(env['WAYBILL_URL'], 'WAYBILL_URL') : undefined;
}

async function tokenFor({ globals, env }: Session, url: string): Promise<Secret<string> | null> {
  const file = globals['token-file'];
  if (file !== undefined) return tokenOf(await readNamed(file), file);
  if (env['WAYBILL_TOKEN']) return tokenOf(env['WAYBILL_TOKEN'], 'WAYBILL_TOKEN');
  const saved = await readLogin(env);
  // A saved token goes to the server it was saved for and to no other.
  return saved && saved.url === url ? saved.token : null;
}

/** Throws `usage_invalid` for text that cannot be a token; never shows it. */
export function tokenOf(text: string, from: string): Secret<string> {
  const token = text.trim();
  if (!/^[\x21-\x7e]{8,4096}$/.test(token)) {
    throw cliError(
      'usage_invalid',
      `${from}: expected one API token (wb_…), found ${token === '' ? 'nothing' : 'something else'}`,
    );
  }
  return new Secret(token);
}
