import { type Client, createClient } from '@waybill/api/client';
import { type Fetch, Secret } from '@waybill/core';
import { originOf, readLogin } from './config.ts';
import { cliError } from './exit.ts';
import { readNamed } from './files.ts';
import type { PipelineWorkflow } from './pipeline-token.ts';
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

/** What a command is about that needs a connection. */
export interface About {
  /** The server that it has to be. */
  readonly server?: string;
  /** The workflow for which a job may sign in by its CI system's own token. */
  readonly workflow?: PipelineWorkflow;
}

/**
 * Server and token: options, then environment, then the saved login, then what the CI system gives to this job.
 * Throws `cli_not_logged_in`, `oidc_…`.
 */
export async function connect(session: Session, about: About = {}): Promise<Connection> {
  const url = await serverUrl(session, about.server);
  const token = (await tokenFor(session, url)) ?? (await pipelineTokenFor(session, url, about));
  if (!token) {
    throw cliError(
      'cli_not_logged_in',
      `no token for ${url}: run waybill login, or set WAYBILL_TOKEN, or name a file with --token-file`,
    );
  }
  const { fetch } = session;
  return { url, token, fetch, client: createClient({ url, token, fetch }) };
}

async function pipelineTokenFor(
  session: Session,
  url: string,
  { workflow }: About,
): Promise<Secret<string> | null> {
  if (workflow === undefined) return null;
  const { exchangedPipelineToken } = await import('./pipeline-token.ts');
  return exchangedPipelineToken(session, url, workflow);
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
  const [variable, value] = tokenVariable(env) ?? [];
  if (variable !== undefined && value !== undefined) return tokenOf(value, variable);
  const saved = await readLogin(env);
  // A saved token goes to the server it was saved for and to no other.
  return saved && saved.url === url ? saved.token : null;
}

/** In this order; the second is what jobs that come from Chainloop have set. */
const TOKEN_VARIABLES = ['WAYBILL_TOKEN', 'CHAINLOOP_ROBOT_ACCOUNT'] as const;

/** The variable that gives the token, and what is in it. */
export function tokenVariable(env: NodeJS.ProcessEnv): readonly [name: string, value: string] | undefined {
  return TOKEN_VARIABLES.map((name) => [name, env[name] ?? ''] as const).find(([, value]) => value !== '');
}

/** Throws `usage_invalid` for text that cannot be a token; never shows it. */
export function tokenOf(text: string, from: string): Secret<string> {
  const token = text.trim();
  // A token of Chainloop, which is a JWT, is a secret of another server: it is not sent to this one.
  if (from === 'CHAINLOOP_ROBOT_ACCOUNT' && !token.startsWith('wb_')) {
    throw cliError(
      'usage_invalid',
      `${from}: expected a robot account of Waybill (wb_…): waybill workflow robot-account create makes one`,
    );
  }
  if (!/^[\x21-\x7e]{8,4096}$/.test(token)) {
    throw cliError(
      'usage_invalid',
      `${from}: expected one API token (wb_…), found ${token === '' ? 'nothing' : 'something else'}`,
    );
  }
  return new Secret(token);
}
