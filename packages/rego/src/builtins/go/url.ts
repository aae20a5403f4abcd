/** net/url: escapes, and the parts of a URL. */
import { quotedText } from '../../values/text.ts';
import { parseAddress } from './ip.ts';
import { bytesOf, stringOf } from './text.ts';

/** What is wrong with a URL or query, in Go's words. */
export class UrlError extends Error {
  override readonly name = 'UrlError';
}

/** Where in a URL a text stands decides which characters need an escape there. */
export type UrlPart = 'path' | 'host' | 'zone' | 'user' | 'query' | 'fragment';

const UNRESERVED = '-_.~';
const PLAIN: Readonly<Record<UrlPart, string>> = {
  path: `${UNRESERVED}$&+,/:;=@`,
  host: `${UNRESERVED}!$&'()*+,;=:[]<>"`,
  zone: `${UNRESERVED}!$&'()*+,;=:[]<>"`,
  user: `${UNRESERVED}$&+,;=`,
  query: UNRESERVED,
  fragment: `${UNRESERVED}$&+,/:;=?@!()*`,
};

function needsEscape(char: string, part: UrlPart): boolean {
  return !/[A-Za-z0-9]/.test(char) && !PLAIN[part].includes(char);
}

export function escapeUrl(text: string, part: UrlPart): string {
  return Array.from(bytesOf(text), (byte) => {
    const char = String.fromCharCode(byte);
    if (byte < 0x80 && !needsEscape(char, part)) return char;
    if (byte === 0x20 && part === 'query') return '+';
    return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

export function unescapeUrl(text: string, part: UrlPart): string {
  checkEscapes(text, part);
  const spaced = part === 'query' ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  const bytes: number[] = [];
  for (const [chunk] of spaced.matchAll(/%[\da-fA-F]{2}|[^%]+/g)) {
    if (chunk.startsWith('%')) bytes.push(Number.parseInt(chunk.slice(1), 16));
    else for (const byte of bytesOf(chunk)) bytes.push(byte);
  }
  return stringOf(Uint8Array.from(bytes));
}

function checkEscapes(text: string, part: UrlPart): void {
  const isHost = part === 'host' || part === 'zone';
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '%') {
      const escape = text.slice(at, at + 3);
      if (!isAllowedEscape(escape, part)) throw new UrlError(`invalid URL escape ${quotedText(escape)}`);
      at += 2;
    } else if (isHost && char < '\u0080' && needsEscape(char, 'host')) {
      throw new UrlError(`invalid character ${quotedText(char)} in host name`);
    }
  }
}

/** In a host only bytes beyond ASCII may be escaped, and the percent sign before a zone. */
function isAllowedEscape(escape: string, part: UrlPart): boolean {
  if (!/^%[\da-fA-F]{2}$/.test(escape)) return false;
  if (escape === '%25') return true;
  const byte = Number.parseInt(escape.slice(1), 16);
  if (part === 'host') return byte >= 0x80;
  return part !== 'zone' || byte === 0x20 || byte >= 0x80 || !needsEscape(String.fromCharCode(byte), 'host');
}

/** An empty part is one that is not there. */
export interface UrlParts {
  readonly scheme: string;
  readonly hostname: string;
  readonly port: string;
  readonly path: string;
  /** As written, where the path's own escapes would differ. */
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly fragment: string;
  /** Name and port as they stand in the URL. */
  readonly host: string;
  /** What follows a scheme without a slash. */
  readonly opaque: string;
  readonly hasUser: boolean;
  readonly forceQuery: boolean;
  readonly omitHost: boolean;
  readonly rawFragment: string;
}

/** url.Parse. */
export function parseUrl(text: string): UrlParts {
  const hash = text.indexOf('#');
  const before = hash < 0 ? text : text.slice(0, hash);
  const fragment = hash < 0 ? '' : text.slice(hash + 1);
  const parts = inContext(before, () => parseHierarchy(before));
  const plain = inContext(text, () => unescapeUrl(fragment, 'fragment'));
  return {
    ...parts,
    fragment: plain,
    rawFragment: escapeUrl(plain, 'fragment') === fragment ? '' : fragment,
  };
}

/** What is wrong with a URL, in Go's words; `undefined` for a good one. */
export function uriProblem(text: string): string | undefined {
  try {
    parseUrl(text);
    return undefined;
  } catch (error) {
    if (error instanceof UrlError) return error.message;
    throw error;
  }
}

function inContext<T>(url: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof UrlError)) throw error;
    throw new UrlError(`parse ${quotedText(url)}: ${error.message}`);
  }
}

const NO_PARTS = {
  scheme: '',
  hostname: '',
  port: '',
  path: '',
  rawPath: '',
  rawQuery: '',
  host: '',
  opaque: '',
  hasUser: false,
  forceQuery: false,
  omitHost: false,
};

function parseHierarchy(url: string): Omit<UrlParts, 'fragment' | 'rawFragment'> {
  if (hasControl(url)) throw new UrlError('net/url: invalid control character in URL');
  if (url === '*') return { ...NO_PARTS, path: '*' };
  const [scheme, afterScheme] = splitScheme(url);
  const question = afterScheme.indexOf('?');
  const rawQuery = question < 0 ? '' : afterScheme.slice(question + 1);
  const forceQuery = question === afterScheme.length - 1 && question >= 0;
  let rest = question < 0 ? afterScheme : afterScheme.slice(0, question);
  if (!rest.startsWith('/')) {
    // A path without a root, as in `mailto:`, is not looked into.
    if (scheme !== '') return { ...NO_PARTS, scheme, rawQuery, forceQuery, opaque: rest };
    if ((rest.split('/')[0] ?? '').includes(':')) {
      throw new UrlError('first path segment in URL cannot contain colon');
    }
  }
  let host = '';
  let authority: string | undefined;
  if (rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))) {
    const slash = rest.indexOf('/', 2);
    authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    rest = slash < 0 ? '' : rest.slice(slash);
    host = parseAuthority(scheme, authority);
  }
  const path = unescapeUrl(rest, 'path');
  const rawPath = escapeUrl(path, 'path') === rest ? '' : rest;
  return {
    ...NO_PARTS,
    ...splitHostPort(host),
    scheme,
    host,
    path,
    rawPath,
    rawQuery,
    forceQuery,
    hasUser: authority?.includes('@') ?? false,
    omitHost: authority === undefined && scheme !== '',
  };
}

function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function splitScheme(url: string): readonly [scheme: string, rest: string] {
  if (url.startsWith(':')) throw new UrlError('missing protocol scheme');
  const found = /^([A-Za-z][A-Za-z\d+.-]*):/.exec(url);
  return found === null ? ['', url] : [(found[1] ?? '').toLowerCase(), url.slice(found[0].length)];
}

const USERINFO = /^[A-Za-z\d\-._:~!$&'()*+,;=%@]*$/;

function parseAuthority(scheme: string, authority: string): string {
  const at = authority.lastIndexOf('@');
  const host = parseHost(scheme, authority.slice(at + 1));
  if (at < 0) return host;
  const userinfo = authority.slice(0, at);
  if (!USERINFO.test(userinfo)) throw new UrlError('net/url: invalid userinfo');
  checkEscapes(userinfo, 'user');
  return host;
}

function parseHost(scheme: string, host: string): string {
  const bracket = host.lastIndexOf('[');
  if (bracket > 0) throw new UrlError('invalid IP-literal');
  if (bracket === 0) return parseIpLiteral(host);
  const colon = host.indexOf(':');
  if (colon >= 0) {
    const isWeb = scheme === 'http' || scheme === 'https';
    checkPort(host.slice(isWeb ? colon : host.lastIndexOf(':')));
  }
  return unescapeUrl(host, 'host');
}

function checkPort(colonPort: string): void {
  if (!/^(?::\d*)?$/.test(colonPort)) throw new UrlError(`invalid port ${quotedText(colonPort)} after host`);
}

function parseIpLiteral(host: string): string {
  const close = host.lastIndexOf(']');
  if (close < 0) throw new UrlError("missing ']' in host");
  const colonPort = host.slice(close + 1);
  checkPort(colonPort);
  const literal = host.slice(1, close);
  const zone = literal.indexOf('%25');
  const address =
    zone < 0
      ? unescapeUrl(literal, 'host')
      : unescapeUrl(literal.slice(0, zone), 'host') + unescapeUrl(literal.slice(zone), 'zone');
  const parsed = parseAddress(address);
  if (typeof parsed === 'string')
    throw new UrlError(`invalid host: ParseAddr(${quotedText(address)}): ${parsed}`);
  if (parsed.family === 4 && !address.includes(':')) throw new UrlError('invalid IP-literal');
  return `[${address}]${colonPort}`;
}

function splitHostPort(host: string): { hostname: string; port: string } {
  const found = /:(\d*)$/.exec(host);
  const bare = found === null ? host : host.slice(0, -found[0].length);
  const isLiteral = bare.startsWith('[') && bare.endsWith(']');
  return { hostname: isLiteral ? bare.slice(1, -1) : bare, port: found?.[1] ?? '' };
}

/** url.URL.EscapedPath: as it was written, where that is a valid spelling of the path. */
export function escapedPath({ path, rawPath }: UrlParts): string {
  if (rawPath !== '' && Array.from(rawPath).every(isPathChar)) return rawPath;
  return path === '*' ? path : escapeUrl(path, 'path');
}

function isPathChar(char: string): boolean {
  return "!$&'()*+,;=:@[]%".includes(char) || (char < '\u0080' && !needsEscape(char, 'path'));
}

/** url.ParseQuery: the first mistake counts, after all the rest has been read. */
export function parseQuery(query: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (pair.includes(';')) throw new UrlError('invalid semicolon separator in query');
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const key = unescapeUrl(equals < 0 ? pair : pair.slice(0, equals), 'query');
    const value = equals < 0 ? '' : unescapeUrl(pair.slice(equals + 1), 'query');
    const known = values.get(key);
    if (known === undefined) values.set(key, [value]);
    else known.push(value);
  }
  return values;
}
