import { isCoded, Secret } from '@waybill/core';
import { Fields, fromBase64, fromUtf8, parseJson } from '@waybill/core/bytes';
import { ociClientError } from './errors.ts';

/** User name and password; an API token goes as password, with any user name. */
export interface Credentials {
  readonly username: string;
  readonly password: Secret<string>;
}

/**
 * The credentials for `registry` (host and port) in the text of a Docker config.json; undefined when it has none
 * itself (credential helpers are programs, which are not run). Throws `oci_client_config_invalid`.
 */
export function credentialsFromDockerConfig(text: string, registry: string): Credentials | undefined {
  try {
    const auths = new Fields(parseJson(text, 'Docker config'), 'config').optionalObject('auths');
    const key = auths?.keys().find((name) => hostOf(name) === registry);
    const entry = key === undefined ? undefined : auths?.optionalObject(key);
    return entry === undefined ? undefined : credentialsOf(entry);
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw ociClientError('oci_client_config_invalid', `Docker config not readable: ${cause.message}`, {
      cause,
    });
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
