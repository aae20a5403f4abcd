/**
 * URLs as Go's net/url reads and writes them, since Fulcio's names go through it: what is escaped, and how, is part of
 * the name that verifiers compare. WHATWG's URL resolves dot segments, changes hosts and mends what Go refuses.
 * Inside, text is a string of octets (latin1), as Go's are.
 */
import { CodedError } from '../errors.ts';

type Mode = 'path' | 'host' | 'zone' | 'userinfo' | 'fragment';

export interface GoUrl {
  readonly scheme: string;
  readonly opaque: string;
  /** Unescaped, the password apart; undefined without "@". */
  readonly user?: readonly [string] | readonly [string, string] | undefined;
  /** With its port. */
  readonly host: string;
  readonly path: string;
  /** The path as it was written, where that is not what escaping gives. */
  readonly rawPath: string;
  readonly omitHost: boolean;
  readonly query: string;
  readonly forceQuery: boolean;
  readonly fragment: string;
  readonly rawFragment: string;
}

/** url.Parse. Throws `fulcio_url_invalid`. */
export function parseGoUrl(text: string): GoUrl {
  const [before, fragment] = cut(toOctets(text), '#');
  if (before.split('').some((octet) => octet < ' ' || octet === '\x7f'))
    throw invalid(text, 'a control character');
  const { scheme, rest: afterScheme } = splitScheme(before, text);
  const forceQuery = afterScheme.endsWith('?') && afterScheme.indexOf('?') === afterScheme.length - 1;
  const [rest, query] = forceQuery ? [afterScheme.slice(0, -1), ''] : cut(afterScheme, '?');
  const tail = { query, forceQuery, ...withFragment(fragment, text) };
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { ...EMPTY, scheme, opaque: rest, ...tail };
    if (cut(rest, '/')[0].includes(':')) throw invalid(text, 'a colon in the first segment of a path');
  }
  const hasAuthority = rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'));
  const end = hasAuthority ? endOfAuthority(rest) : 0;
  const authority = hasAuthority ? parseAuthority(rest.slice(2, end), text) : {};
  const omitHost = !hasAuthority && scheme !== '' && rest.startsWith('/');
  return { ...EMPTY, scheme, ...authority, omitHost, ...withPath(rest.slice(end), text), ...tail };
}

/** URL.String. */
export function formatGoUrl(url: GoUrl): string {
  const scheme = url.scheme === '' ? '' : `${url.scheme}:`;
  const query = url.forceQuery || url.query !== '' ? `?${url.query}` : '';
  const fragment = url.fragment === '' ? '' : `#${escapedFragment(url)}`;
  const middle = url.opaque === '' ? hierarchy(url, scheme) : url.opaque;
  return fromOctets(`${scheme}${middle}${query}${fragment}`);
}

/** URL.JoinPath: the path cleaned of dot segments. Throws `fulcio_url_invalid` where Go drops the path silently. */
export function joinGoPath(url: GoUrl, ...elements: readonly string[]): GoUrl {
  const parts = [escapedPath(url), ...elements.map(toOctets)];
  const isRooted = parts[0]?.startsWith('/') === true;
  if (!isRooted) parts[0] = `/${parts[0]}`;
  const cleaned = cleanPath(parts.filter((part) => part !== '').join('/'));
  const path = isRooted ? cleaned : cleaned.slice(1);
  const slash = parts.at(-1)?.endsWith('/') === true && !path.endsWith('/') ? '/' : '';
  return { ...url, ...withPath(path + slash, elements.join('/')) };
}

/** URL.Hostname: without port and brackets. */
export function hostnameOf({ host }: GoUrl): string {
  const colon = host.lastIndexOf(':');
  const bare = colon >= 0 && /^:[0-9]*$/.test(host.slice(colon)) ? host.slice(0, colon) : host;
  return fromOctets(bare.startsWith('[') && bare.endsWith(']') ? bare.slice(1, -1) : bare);
}

const EMPTY: GoUrl = {
  scheme: '',
  opaque: '',
  host: '',
  path: '',
  rawPath: '',
  omitHost: false,
  query: '',
  forceQuery: false,
  fragment: '',
  rawFragment: '',
};

function splitScheme(octets: string, shown: string): { readonly scheme: string; readonly rest: string } {
  if (octets.startsWith(':')) throw invalid(shown, 'no scheme before the colon');
  const [, scheme, rest] = /^([A-Za-z][A-Za-z0-9+.-]*):([^]*)$/.exec(octets) ?? [];
  return scheme === undefined || rest === undefined
    ? { scheme: '', rest: octets }
    : { scheme: scheme.toLowerCase(), rest };
}

function endOfAuthority(rest: string): number {
  const slash = rest.indexOf('/', 2);
  return slash === -1 ? rest.length : slash;
}

function parseAuthority(authority: string, shown: string): Pick<GoUrl, 'user' | 'host'> {
  const at = authority.lastIndexOf('@');
  const host = parseHost(authority.slice(at + 1), shown);
  if (at === -1) return { host };
  const userinfo = authority.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(userinfo)) throw invalid(shown, 'an invalid user name');
  const [name, password] = cut(userinfo, ':');
  const user = unescape(name, 'userinfo', shown);
  return { host, user: userinfo.includes(':') ? [user, unescape(password, 'userinfo', shown)] : [user] };
}

function parseHost(host: string, shown: string): string {
  const open = host.lastIndexOf('[');
  if (open > 0) throw invalid(shown, 'an invalid address in brackets');
  if (open === 0) return parseBracketed(host, shown);
  const colon = host.indexOf(':');
  if (colon !== -1 && !/^:[0-9]*$/.test(host.slice(colon))) throw invalid(shown, 'an invalid port');
  return unescape(host, 'host', shown);
}

function parseBracketed(host: string, shown: string): string {
  const close = host.lastIndexOf(']');
  if (close === -1 || !/^(?::[0-9]*)?$/.test(host.slice(close + 1))) throw invalid(shown, 'an invalid host');
  const inner = host.slice(1, close);
  const zone = inner.indexOf('%25');
  const address = unescape(zone === -1 ? inner : inner.slice(0, zone), 'host', shown);
  if (!/^[0-9A-Fa-f:.]+$/.test(address) || !URL.canParse(`http://[${address}]/`)) {
    throw invalid(shown, 'an invalid address in brackets');
  }
  const suffix = zone === -1 ? '' : unescape(inner.slice(zone), 'zone', shown);
  return `[${address}${suffix}]${host.slice(close + 1)}`;
}

function hierarchy(url: GoUrl, scheme: string): string {
  const hasUser = url.user !== undefined;
  const isBare = url.omitHost && url.host === '' && !hasUser;
  const mayHaveAuthority = (scheme !== '' || url.host !== '' || hasUser) && !isBare;
  const slashes = mayHaveAuthority && (url.host !== '' || url.path !== '' || hasUser) ? '//' : '';
  const user = url.user ? `${url.user.map((part) => escape(part, 'userinfo')).join(':')}@` : '';
  const authority = mayHaveAuthority ? `${slashes}${user}${escape(url.host, 'host')}` : '';
  const path = escapedPath(url);
  const slash = path !== '' && !path.startsWith('/') && url.host !== '' ? '/' : '';
  const isAmbiguous = `${scheme}${authority}${slash}` === '' && cut(path, '/')[0].includes(':');
  return `${authority}${slash}${isAmbiguous ? './' : ''}${path}`;
}

function withPath(written: string, shown: string): Pick<GoUrl, 'path' | 'rawPath'> {
  const path = unescape(written, 'path', shown);
  return { path, rawPath: escape(path, 'path') === written ? '' : written };
}

function withFragment(written: string, shown: string): Pick<GoUrl, 'fragment' | 'rawFragment'> {
  const fragment = unescape(written, 'fragment', shown);
  return { fragment, rawFragment: escape(fragment, 'fragment') === written ? '' : written };
}

function escapedPath({ path, rawPath }: GoUrl): string {
  if (rawPath !== '' && isEncoded(rawPath, 'path')) return rawPath;
  return path === '*' ? '*' : escape(path, 'path');
}

function escapedFragment({ fragment, rawFragment }: GoUrl): string {
  return rawFragment !== '' && isEncoded(rawFragment, 'fragment')
    ? rawFragment
    : escape(fragment, 'fragment');
}

/** path.Clean of a rooted path. */
function cleanPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}`;
}

const UNRESERVED = /[A-Za-z0-9\-_.~]/;
/** What each part may hold as it is, beside the unreserved characters. */
const LITERAL: Readonly<Record<Mode, string>> = {
  path: '$&+,/:;=@',
  host: '!$&\'()*+,;=:[]<>"',
  zone: '!$&\'()*+,;=:[]<>"',
  userinfo: '$&+,;=',
  fragment: '$&+,/:;=?@!()*',
};

function isLiteral(octet: string, mode: Mode): boolean {
  return UNRESERVED.test(octet) || LITERAL[mode].includes(octet);
}

function isEncoded(octets: string, mode: Mode): boolean {
  return octets.split('').every((octet) => "!$&'()*+,;=:@[]%".includes(octet) || isLiteral(octet, mode));
}

function escape(octets: string, mode: Mode): string {
  return octets.replaceAll(/[^A-Za-z0-9\-_.~]/g, (octet) =>
    isLiteral(octet, mode) ? octet : `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

function unescape(octets: string, mode: Mode, shown: string): string {
  const isHost = mode === 'host' || mode === 'zone';
  if (isHost && octets.split('').some((c) => c !== '%' && c < '\x80' && !isLiteral(c, mode))) {
    throw invalid(shown, 'an invalid character in the host');
  }
  return octets.replaceAll(/%(?:([0-9A-Fa-f]{2})|[^]{0,2})/g, (written, hex: string | undefined) => {
    if (hex === undefined) throw invalid(shown, `the escape ${JSON.stringify(written)}`);
    const octet = String.fromCharCode(Number.parseInt(hex, 16));
    // A host may escape octets beyond ASCII only, its zone what a host may hold, and both the percent sign.
    const isOpen =
      written === '%25' || (mode === 'zone' ? octet === ' ' || isLiteral(octet, 'host') : octet >= '\x80');
    if (isHost && !isOpen) throw invalid(shown, `the escape ${written} in the host`);
    return octet;
  });
}

function cut(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}

function toOctets(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function fromOctets(octets: string): string {
  return Buffer.from(octets, 'latin1').toString('utf8');
}

function invalid(shown: string, found: string): CodedError<'fulcio_url_invalid'> {
  return new CodedError('fulcio_url_invalid', `${JSON.stringify(shown.slice(0, 200))} is no URL: ${found}`);
}
