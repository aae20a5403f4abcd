import type { IncomingMessage, RequestOptions } from 'node:http';
import type { Fetch, FetchInit } from '@waybill/core';
import { responseOf } from './response.ts';
import { sendBody } from './send-body.ts';

const MAX_REDIRECTS = 5;

export interface FetchOptions {
  /** Certificates of authorities in PEM, trusted beside those that Node trusts already. */
  readonly ca?: string;
}

/**
 * `fetch` over node:http, with connections kept for the next request. The built-in `fetch` costs a process some
 * 100 ms of loading before its first byte, which a command of a pipeline pays each time; this costs 15 ms.
 * As there: redirects are followed (`follow`) or refused (`error`), and a refused connection throws what caused it.
 * Other than there, none leads from https to http.
 */
export function createFetch(options: FetchOptions = {}): Fetch {
  const transports = new Map<string, Transport>();
  const transportOf = (protocol: string): Transport => {
    const known = transports.get(protocol) ?? createTransport(protocol, options);
    transports.set(protocol, known);
    return known;
  };
  return async (url, init) => {
    let target = url;
    let headers = init.headers ?? {};
    for (let redirects = 0; ; redirects++) {
      const message = await exchange(transportOf(target.protocol), target, { ...init, headers });
      const location = redirectOf(message, target);
      if (location === null) return responseOf(message, init.method ?? 'GET');
      message.destroy();
      checkRedirect(init, { from: target, to: location, redirects });
      // What proves who we are is for one origin only.
      if (location.origin !== target.origin) headers = withoutCredentials(headers);
      target = location;
    }
  };
}

type Transport = (url: URL, options: RequestOptions) => ReturnType<typeof import('node:http').request>;

/**
 * By `getBuiltinModule`, not `import`: an ES import of node:http evaluates each of its exports, and one of them is
 * the getter that loads the whole of the built-in `fetch`.
 */
function createTransport(protocol: string, { ca }: FetchOptions): Transport {
  if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError(`cannot fetch over ${protocol}`);
  const { Agent, request } =
    protocol === 'https:' ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http');
  const agent = new Agent({
    keepAlive: true,
    ...(ca !== undefined && protocol === 'https:' && withAuthority(ca)),
  });
  return (url, options) => request(url, { ...options, agent });
}

/** `ca` alone would take the place of all others, those of NODE_EXTRA_CA_CERTS among them. */
function withAuthority(ca: string): { readonly ca: string[] } {
  return { ca: [...process.getBuiltinModule('node:tls').getCACertificates('default'), ca] };
}

function exchange(transport: Transport, url: URL, init: FetchInit): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, signal } = init;
    const request = transport(url, { method, headers: { ...headers }, ...(signal ? { signal } : {}) });
    request.on('response', resolve);
    // After the answer this changes nothing: a server may refuse a body without reading it.
    request.on('error', (error) => reject(signal?.aborted ? signal.reason : firstOf(error)));
    sendBody(request, init.body);
  });
}

/** A name with several addresses fails once for each of them. */
function firstOf(error: unknown): unknown {
  return error instanceof AggregateError ? (error.errors[0] ?? error) : error;
}

function redirectOf(message: IncomingMessage, base: URL): URL | null {
  const { statusCode = 0, headers } = message;
  if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return null;
  return URL.canParse(headers.location, base.href) ? new URL(headers.location, base) : null;
}

function checkRedirect(
  init: FetchInit,
  { from, to, redirects }: { readonly from: URL; readonly to: URL; readonly redirects: number },
): void {
  const { method = 'GET', redirect = 'follow' } = init;
  if (redirect === 'error') throw new TypeError(`${from.origin} redirects, which is not allowed here`);
  // Whoever sits on the way could answer in the name of the server that was asked.
  if (from.protocol === 'https:' && to.protocol !== 'https:') {
    throw new TypeError(`${from.origin} redirects from https to ${to.origin}`);
  }
  if (method !== 'GET' && method !== 'HEAD') throw new TypeError(`${from.origin} redirects a ${method}`);
  if (redirects >= MAX_REDIRECTS)
    throw new TypeError(`${from.origin} redirects more than ${MAX_REDIRECTS} times`);
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !['authorization', 'cookie'].includes(name.toLowerCase())),
  );
}
