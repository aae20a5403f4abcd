/** The one way by which this server asks another one that somebody named. */
import { lookup } from 'node:dns/promises';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { errorsOf, isCoded, messageOf } from '@waybill/core';
import { type Reach, reachOf } from './address.ts';

const egressError = errorsOf<'egress_refused' | 'egress_unreachable'>();

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export interface EgressOptions {
  /** Which networks may be dialled beside the public one. */
  readonly allow: readonly Exclude<Reach, 'public' | 'forbidden'>[];
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  /** Every address of a name; the system's resolver unless told. */
  readonly resolve?: (host: string) => Promise<readonly ResolvedAddress[]>;
}

export interface Egress {
  /**
   * The body behind a URL. https only, but to loopback where that is allowed; no redirects, no proxies, no credentials.
   * Throws `egress_refused` for what must not be dialled, `egress_unreachable` for what does not answer well.
   */
  read(url: string, options?: { readonly ca?: string }): Promise<Uint8Array>;
}

const TIMEOUT_MS = 5000;
const MAX_BYTES = 256 * 1024;

export function createEgress(options: EgressOptions): Egress {
  const { timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES, resolve = resolveAll } = options;
  return Object.freeze({
    async read(text: string, { ca }: { readonly ca?: string } = {}) {
      const url = parseTarget(text);
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        const address = await checkedAddress(url, { ...options, resolve });
        const message = await ask(url, { address, signal, ...(ca === undefined ? {} : { ca }) });
        return await bodyOf(message, maxBytes);
      } catch (cause) {
        if (isCoded(cause, 'egress_refused', 'egress_unreachable')) throw cause;
        throw unreachable(
          url,
          signal.aborted ? `no whole answer within ${timeoutMs} ms` : messageOf(cause),
          cause,
        );
      }
    },
  });
}

function parseTarget(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url;
  throw refused(text, 'expected an https:// URL without a user name');
}

const resolveAll = (host: string): Promise<readonly ResolvedAddress[]> => lookup(host, { all: true });

/**
 * Resolved once: what is checked here is what is connected to, so that a name which changes its mind in between
 * (DNS rebinding) gains nothing. One address that may not be dialled is enough to refuse the name.
 */
async function checkedAddress(
  url: URL,
  { allow, resolve }: Pick<EgressOptions, 'allow'> & Required<Pick<EgressOptions, 'resolve'>>,
): Promise<ResolvedAddress> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = await resolve(host);
  const [first] = addresses;
  if (first === undefined) throw unreachable(url, 'its name has no address');
  for (const { address } of addresses) checkReach(url, address, allow);
  return first;
}

function checkReach(url: URL, address: string, allow: EgressOptions['allow']): void {
  const reach = reachOf(address);
  if (reach === 'forbidden') throw refused(url.href, `${address} is link-local, reserved or no address`);
  if (reach !== 'public' && !allow.includes(reach)) {
    throw refused(
      url.href,
      `${address} is a ${reach} address; \`issuer-networks\` of the server can allow those`,
    );
  }
  if (url.protocol !== 'https:' && reach !== 'loopback') throw refused(url.href, 'expected https://');
}

interface Dial {
  readonly address: ResolvedAddress;
  readonly signal: AbortSignal;
  readonly ca?: string;
}

async function ask(url: URL, { address, signal, ca }: Dial): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options: RequestOptions & { readonly ca?: string } = {
    agent: false,
    signal,
    headers: { accept: 'application/json', 'accept-encoding': 'identity' },
    lookup: (_host, { all }, answer) =>
      all === true ? answer(null, [address]) : answer(null, address.address, address.family),
    ...(ca === undefined ? {} : { ca }),
  };
  request(url, options, resolve).on('error', reject).end();
  const message = await promise;
  if (message.statusCode === 200) return message;
  message.destroy();
  // A redirect would lead past the check; who means another address can name it.
  throw unreachable(url, `it answered ${message.statusCode}, expected 200 and no redirect`);
}

async function bodyOf(message: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`its answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refused(url: string, reason: string): Error {
  return egressError('egress_refused', `${JSON.stringify(url.slice(0, 200))} is not asked: ${reason}.`);
}

function unreachable(url: URL, reason: string, cause?: unknown): Error {
  return egressError(
    'egress_unreachable',
    `${url.origin} does not answer as it should: ${reason.slice(0, 300)}.`,
    {
      cause,
    },
  );
}
