import { isCoded, Secret } from '@waybill/core';
import { Fields, fromBase64, fromUtf8, parseJson } from '@waybill/core/bytes';
import { ociClientError } from './errors.ts';

/** User name and password; an API token goes as password, with any user name. */
export interface Credentials {
  readonly username: string;
  readonly password: Secret<string>;
}

/** What a Docker config.json says of one registry. */
export interface DockerAuth {
  readonly credentials: Credentials | undefined;
  /** The program that has them, `docker-credential-<name>`; `own` when it is named for this registry, not for all. */
  readonly helper: { readonly name: string; readonly own: boolean } | undefined;
}

/**
 * What the text of a Docker config.json says of `registry` (host and port). Nothing is run. Throws
 * `oci_client_config_invalid`.
 */
export function dockerAuth(text: string, registry: string): DockerAuth {
  try {
    const config = new Fields(parseJson(text, 'Docker config'), 'config');
    const entry = entryOf(config.optionalObject('auths'), registry);
    const helpers = config.optionalObject('credHelpers');
    const own = helpers?.keys().find((name) => hostOf(name) === registry);
    const helper = own === undefined ? config.optionalString('credsStore') : helpers?.string(own);
    return {
      credentials: entry === undefined ? undefined : credentialsOf(entry),
      helper: helper ? { name: programName(helper), own: own !== undefined } : undefined,
    };
  } catch (cause) {
    if (!isCoded(cause) || cause.code === 'oci_client_config_invalid') throw cause;
    throw ociClientError('oci_client_config_invalid', `Docker config not readable: ${cause.message}`, {
      cause,
    });
  }
}

function entryOf(auths: Fields | undefined, registry: string): Fields | undefined {
  const key = auths?.keys().find((name) => hostOf(name) === registry);
  return key === undefined ? undefined : auths?.optionalObject(key);
}

/** It becomes part of the name of a program, never of its path. */
function programName(helper: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(helper)) return helper;
  throw ociClientError(
    'oci_client_config_invalid',
    `Docker config: expected the name of a credential helper, found ${JSON.stringify(helper.slice(0, 100))}`,
  );
}

/** What a credential helper answers to `get`. Throws `oci_client_config_invalid`, never with its text. */
export function credentialsFromHelper(answer: string): Credentials {
  try {
    const fields = new Fields(parseJson(answer, 'answer'), 'answer');
    return { username: fields.string('Username'), password: new Secret(fields.string('Secret')) };
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw ociClientError(
      'oci_client_config_invalid',
      'the credential helper answered something else than Username and Secret',
    );
  }
}

function credentialsOf(entry: Fields): Credentials | undefined {
  const username = entry.optionalString('username');
  const password = entry.optionalString('password');
  if (username !== undefined && password !== undefined) return { username, password: new Secret(password) };
  const auth = entry.optionalString('auth');
  if (!auth) return undefined;
  const pair = fromUtf8(fromBase64(auth, `${entry.at}.auth`), `${entry.at}.auth`);
  const colon = pair.indexOf(':');
  if (colon < 0) return undefined;
  return { username: pair.slice(0, colon), password: new Secret(pair.slice(colon + 1).replace(/\0+$/, '')) };
}

/** Old configs write whole URLs as keys: `https://registry.example.org/v1/`. */
function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

export function basicHeader(credentials: Credentials): string {
  const pair = `${credentials.username}:${credentials.password.reveal()}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
