/** What the text of each option means. Throws `config_invalid` that names where the text came from. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { CodedError, messageOf, Secret } from '@waybill/core';
import { nearest, quoted } from '@waybill/core/bytes';
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from '../log/log.ts';
import type { NtpServer } from '../time/ntp.ts';
import type { TlsFiles } from '../tls/certificate.ts';
import type { Given, Setting } from './options.ts';

export interface Listen {
  readonly host: string;
  readonly port: number;
}

export function parseListen(setting: Setting): Listen {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]*)):(\d{1,5})$/.exec(setting.text);
  const port = Number(found?.[3]);
  if (found === null || port > 65_535) {
    throw invalid(
      setting.from,
      `expected HOST:PORT such as 127.0.0.1:7070 or [::1]:7070, found ${quoted(setting.text)}`,
    );
  }
  return { host: found[1] ?? (found[2] || '0.0.0.0'), port };
}

export function urlOfListen({ host, port }: Listen, scheme: 'http' | 'https'): string | null {
  if (port === 0) return null;
  // Nobody can connect to "every address".
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `${scheme}://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

export function parsePublicUrl(setting: Setting): string {
  const url = parseUrl(setting);
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!/^https?:$/.test(url.protocol) || !plain) {
    throw invalid(setting.from, `expected http://HOST or https://HOST, found ${quoted(setting.text)}`);
  }
  if (url.pathname !== '/') {
    throw invalid(
      setting.from,
      `${quoted(setting.text)} has a path: the registry and the Sigstore services need the root of an origin, so give Waybill a host name of its own`,
    );
  }
  return url.origin;
}

export function parseDatabaseUrl(setting: Setting): Secret<string> {
  let url: URL | null = null;
  try {
    url = new URL(setting.text);
  } catch {
    // The reason would quote the URL, and with it the password.
  }
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw invalid(setting.from, 'expected postgres://USER:PASSWORD@HOST:PORT/DATABASE');
  }
  return new Secret(setting.text);
}

export function parseBlobs(setting: Setting, cwd: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(setting.text)) {
    throw invalid(
      setting.from,
      `${quoted(setting.text)}: this version stores blobs in a directory only, so give a path`,
    );
  }
  return resolve(cwd, setting.text);
}

/** In the directories that a restore brings back it would go back with them. */
export function parseLogGuard(
  setting: Setting | undefined,
  cwd: string,
  restored: readonly string[],
): string | null {
  if (setting === undefined) return null;
  const path = resolve(cwd, setting.text);
  const around = restored.find((directory) => path === directory || path.startsWith(`${directory}/`));
  if (around === undefined) return path;
  throw invalid(
    setting.from,
    `${quoted(setting.text)} lies in ${around}: a restore of that takes it back too`,
  );
}

export function parseUrlChange(setting: Setting | undefined): boolean {
  const text = setting?.text ?? 'refuse';
  if (setting && text !== 'refuse' && text !== 'allow') {
    throw invalid(setting.from, `expected refuse or allow, found ${quoted(text)}`);
  }
  return text === 'allow';
}

export function parseMetricsToken(setting: Setting | undefined): Secret<string> | null {
  if (setting === undefined) return null;
  // RFC 6750 §2.1: what may stand behind "Bearer".
  if (/^[\w.~+/-]{16,}=*$/.test(setting.text)) return new Secret(setting.text);
  throw invalid(setting.from, 'expected a token of 16 or more letters, digits and -._~+/');
}

/** A number per second; 0 is no limit. */
export function parseRate(setting: Setting | undefined, standard: number): number {
  if (setting === undefined) return standard;
  if (/^\d{1,7}$/.test(setting.text)) return Number(setting.text);
  throw invalid(
    setting.from,
    `expected a whole number of requests per second, or 0 for no limit, found ${quoted(setting.text)}`,
  );
}

export function parseMaxConnections(setting: Setting | undefined): number {
  if (setting === undefined) return 4096;
  if (/^[1-9]\d{0,6}$/.test(setting.text)) return Number(setting.text);
  throw invalid(setting.from, `expected a whole number from 1 on, found ${quoted(setting.text)}`);
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** In milliseconds. */
export function parseRunLifetime(setting: Setting | undefined): number {
  const text = setting?.text ?? '24h';
  const found = /^(\d{1,7})([smhd])$/.exec(text);
  const ms = Number(found?.[1]) * (UNIT_MS[found?.[2] ?? ''] ?? 0);
  if (ms >= 60_000 && ms <= 30 * 86_400_000) return ms;
  throw invalid(setting?.from ?? 'default', `expected 1m to 30d, such as 90m or 7d, found ${quoted(text)}`);
}

const NTP_PORT = 123;

export function parseNtpServers(setting: Setting | undefined): readonly NtpServer[] {
  if (setting === undefined) return [];
  return setting.text.split(',').map((part) => {
    const found = /^(?:\[([0-9a-fA-F:.]+)\]|([\w.-]{1,253}))(?::(\d{1,5}))?$/.exec(part.trim());
    const port = Number(found?.[3] ?? NTP_PORT);
    const host = found?.[1] ?? found?.[2];
    if (host !== undefined && port >= 1 && port <= 65_535) return { host, port };
    throw invalid(
      setting.from,
      `expected servers such as ntp1.example.com,192.0.2.1:123,[2001:db8::1], found ${quoted(part)}`,
    );
  });
}

/** In milliseconds. */
export function parseClockTolerance(setting: Setting | undefined): number {
  if (setting === undefined) return 1000;
  const seconds = /^\d{1,3}(?:\.\d{1,3})?$/.test(setting.text) ? Number(setting.text) : 0;
  if (seconds >= 0.1 && seconds <= 300) return Math.round(seconds * 1000);
  throw invalid(setting.from, `expected seconds from 0.1 to 300, found ${quoted(setting.text)}`);
}

export function parseTrustedProxies(setting: Setting | undefined): readonly string[] {
  const parts = (setting?.text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const wrong = parts.find((part) => !isNetwork(part));
  if (setting !== undefined && wrong !== undefined) {
    throw invalid(
      setting.from,
      `expected addresses or networks such as 10.0.0.0/8,fd00::/8, found ${quoted(String(wrong))}`,
    );
  }
  return parts;
}

function isNetwork(text: string): boolean {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  // Everybody's word would be taken for their address.
  return (
    version !== 0 && (bits === undefined || (Number(bits) >= 1 && Number(bits) <= (version === 4 ? 32 : 128)))
  );
}

const CA_KEYS = ['p256', 'p384', 'rsa3072'] as const;

export function parseCaKey(setting: Setting | undefined): (typeof CA_KEYS)[number] {
  return setting === undefined ? 'p256' : parseChoice(setting, { noun: 'key', known: CA_KEYS });
}

/** Networks beside the public one. */
export function parseIssuerNetworks(setting: Setting | undefined): readonly ('private' | 'loopback')[] {
  const parts = (setting?.text ?? '').split(',').map((part) => part.trim());
  return parts.flatMap((part) => {
    if (part === '') return [];
    if (part === 'private' || part === 'loopback') return [part];
    throw invalid(
      setting?.from ?? '',
      `expected private, loopback, or both with a comma, found ${quoted(part)}`,
    );
  });
}

export function parseLogLevel(setting: Setting | undefined): LogLevel {
  return setting === undefined ? 'info' : parseChoice(setting, { noun: 'level', known: LOG_LEVELS });
}

/** null: the one that fits where standard error goes. */
export function parseLogFormat(setting: Setting | undefined): LogFormat | null {
  return setting === undefined ? null : parseChoice(setting, { noun: 'format', known: LOG_FORMATS });
}

function parseChoice<T extends string>(
  { text, from }: Setting,
  { noun, known }: { readonly noun: string; readonly known: readonly T[] },
): T {
  const found = known.find((one) => one === text);
  if (found !== undefined) return found;
  const near = nearest(text, known);
  const hint = near === undefined ? `take one of ${known.join(', ')}` : `did you mean ${near}?`;
  throw invalid(from, `${quoted(text)} is no ${noun}: ${hint}`);
}

/** null: plain HTTP. */
export function parseTls(given: Given, cwd: string): TlsFiles | null {
  const { 'tls-cert': cert, 'tls-key': key, 'tls-min-version': version, url } = given;
  if (cert === undefined && key === undefined) {
    if (version === undefined) return null;
    throw invalid(version.from, 'says nothing without --tls-cert and --tls-key');
  }
  if (cert === undefined)
    throw invalid(key?.from ?? '', 'the certificate of this key is missing: give --tls-cert');
  if (key === undefined) throw invalid(cert.from, 'the key of this certificate is missing: give --tls-key');
  if (version && version.text !== '1.2' && version.text !== '1.3')
    throw invalid(version.from, `expected 1.2 or 1.3, found ${quoted(version.text)}`);
  if (url && parsePublicUrl(url).startsWith('http:'))
    throw invalid(
      url.from,
      `${quoted(url.text)}: with --tls-cert the server speaks HTTPS: give an https:// URL`,
    );
  return {
    certFile: resolve(cwd, cert.text),
    keyFile: resolve(cwd, key.text),
    minVersion: version?.text === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
  };
}

function parseUrl(setting: Setting): URL {
  try {
    return new URL(setting.text);
  } catch (cause) {
    throw invalid(setting.from, `expected a URL, found ${quoted(setting.text)} (${messageOf(cause)})`);
  }
}

function invalid(from: string, problem: string): CodedError<'config_invalid'> {
  return new CodedError('config_invalid', `${from}: ${problem}`);
}
