/** Valid requests of other people's protocols, mutated and sent as they are over sockets. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { FIXTURES } from '../fixtures.ts';
import { mutant } from '../mutate/index.ts';
import { Random } from '../random.ts';
import { type Furnished, REPOSITORY } from './world.ts';

const TIMEOUT_MS = 20_000;
const AT_ONCE = 6;

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly type?: string;
  readonly signedIn?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** What may be sent wrongly: one of these is mutated at a time. */
type Part = 'body' | 'path' | 'header' | 'raw';

export interface SocketResult {
  readonly service: string;
  readonly requests: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

export function exchanges(world: Furnished): Readonly<Record<string, readonly Exchange[]>> {
  const { blob, manifest } = world;
  const at = `/v2/${REPOSITORY}`;
  const image = 'application/vnd.oci.image.manifest.v1+json';
  const registry: readonly Exchange[] = [
    { method: 'PUT', path: `${at}/manifests/v2`, type: image, body: manifest.bytes },
    { method: 'GET', path: `${at}/manifests/${manifest.digest}`, headers: { accept: image } },
    { method: 'GET', path: `${at}/blobs/${blob}`, headers: { range: 'bytes=0-1' } },
    { method: 'HEAD', path: `${at}/blobs/${blob}` },
    {
      method: 'POST',
      path: `${at}/blobs/uploads/?digest=${blob}`,
      type: 'application/octet-stream',
      body: '{}',
    },
    { method: 'POST', path: `${at}/blobs/uploads/?mount=${blob}&from=${REPOSITORY}`, body: '' },
    { method: 'GET', path: `${at}/tags/list?n=2&last=v1` },
    { method: 'GET', path: `${at}/referrers/${manifest.digest}?artifactType=application/x-fuzz` },
    {
      method: 'PATCH',
      path: `${at}/blobs/uploads/00000000-0000-4000-8000-000000000000`,
      type: 'application/octet-stream',
      headers: { 'content-range': '0-1' },
      body: '{}',
    },
    {
      method: 'POST',
      path: '/v2/token',
      type: 'application/x-www-form-urlencoded',
      body: `grant_type=password&username=x&password=${world.ownerToken.reveal()}&scope=repository:${REPOSITORY}:pull`,
    },
  ];
  const stamp = { artifactHash: Buffer.alloc(32, 1).toString('base64'), hashAlgorithm: 'sha256', nonce: 5 };
  return {
    registry: registry.map((one) => ({ ...one, signedIn: true })),
    'Rekor v2': FIXTURES.rekorRequests.map((body) => ({
      method: 'POST',
      path: '/api/v2/log/entries',
      type: 'application/json',
      body,
    })),
    'timestamp authority': [
      { method: 'POST', path: '/api/v1/timestamp', type: 'application/json', body: JSON.stringify(stamp) },
      {
        method: 'POST',
        path: '/api/v1/timestamp',
        type: 'application/timestamp-query',
        body: Buffer.from(
          `3041020101303130${'0d06096086480165030402010500'}0420${'01'.repeat(32)}0206010203040506${'0101ff'}`,
          'hex',
        ),
      },
    ],
    Fulcio: [
      {
        method: 'POST',
        path: '/api/v2/signingCert',
        type: 'application/json',
        body: JSON.stringify(world.signingRequest),
      },
      {
        method: 'POST',
        path: '/api/v2/signingCert',
        type: 'application/json',
        body: JSON.stringify({
          credentials: { oidcIdentityToken: world.identityToken },
          certificateSigningRequest: FIXTURES.csr,
        }),
      },
    ],
    attestation: [
      {
        method: 'POST',
        path: `/waybill/v1/runs/${world.run.id}/attestation`,
        type: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        body: world.run.bundle,
        signedIn: true,
      },
    ],
    'token exchange': [
      {
        method: 'POST',
        path: '/oidc/token',
        type: 'application/x-www-form-urlencoded',
        body: new URLSearchParams({
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token: world.ownerToken.reveal(),
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          audience: 'sigstore',
        }).toString(),
      },
    ],
  };
}

/** `count` mutated requests to one service. The first of each kind goes as it is and must succeed. */
export async function fuzzSockets(
  world: Furnished,
  service: string,
  { seed, count }: { readonly seed: number; readonly count: number },
): Promise<SocketResult> {
  const all = exchanges(world)[service] ?? [];
  const random = new Random(seed, service);
  const byStatus: Record<string, number> = {};
  const faults: string[] = [];
  const sent = Array.from({ length: count }, (_, at): readonly [Exchange, Part | null] => {
    const exchange = all[at % all.length] as Exchange;
    return at < all.length ? [exchange, null] : mutated(exchange, all, random);
  });
  const next = sent.values();
  const work = async (): Promise<void> => {
    for (const [exchange, part] of next) {
      const status = await (part === 'raw' ? sendRaw : send)(world, exchange);
      byStatus[status] = (byStatus[status] ?? 0) + 1;
      if (!/^[234]\d\d$|^closed$/.test(status)) faults.push(`${status} for ${described(exchange, part)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { service, requests: count, byStatus, faults };
}

function mutated(exchange: Exchange, all: readonly Exchange[], random: Random): readonly [Exchange, Part] {
  const part = random.pick<Part>(
    exchange.body ? ['body', 'body', 'body', 'body', 'path', 'header', 'raw'] : ['path', 'header', 'raw'],
  );
  const seeds = (of: (one: Exchange) => Uint8Array | string | undefined): readonly Uint8Array[] =>
    [exchange, ...all].flatMap((one) => of(one) ?? []).map((text) => Buffer.from(text as string));
  switch (part) {
    case 'body':
      return [{ ...exchange, body: mutant(seeds((one) => one.body).slice(0, 1), random) }, part];
    case 'path':
      // What no request line may hold would not be sent: the raw form is for that.
      return [
        {
          ...exchange,
          path: `/${text(
            mutant(
              seeds((one) => one.path),
              random,
            ),
          ).replaceAll(/[^!-~]|#/g, '%80')}`
            .replace(/^\/+/, '/')
            .slice(0, 8000),
        },
        part,
      ];
    case 'header': {
      const name = random.pick([
        'range',
        'content-range',
        'content-type',
        'accept',
        'authorization',
        'if-none-match',
        'expect-x',
      ]);
      const value = text(
        mutant(
          seeds((one) => one.headers?.[name] ?? one.type ?? 'bytes=0-1'),
          random,
        ),
      );
      return [
        {
          ...exchange,
          headers: { ...exchange.headers, [name]: value.replaceAll(/[^ -~]/g, '?').slice(0, 4000) },
        },
        part,
      ];
    }
    case 'raw':
      return [{ ...exchange, body: mutant([message(exchange)], random).subarray(0, 65_536) }, part];
  }
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** The whole request as it stands on the wire. */
function message({ method, path, type, headers, body = '' }: Exchange): Uint8Array {
  const lines = Object.entries({
    host: 'localhost',
    ...(type === undefined ? {} : { 'content-type': type }),
    ...headers,
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const length = Buffer.byteLength(body);
  return Buffer.concat([
    Buffer.from(
      `${method} ${path} HTTP/1.1\r\n${head}content-length: ${length}\r\nconnection: close\r\n\r\n`,
    ),
    Buffer.from(body as string),
  ]);
}

async function send(world: Furnished, exchange: Exchange): Promise<string> {
  const { method, path, type, body = '' } = exchange;
  const headers = {
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(exchange.signedIn === true ? { authorization: `Bearer ${world.ownerToken.reveal()}` } : {}),
    'content-length': String(Buffer.byteLength(body)),
    ...exchange.headers,
  };
  const sent = request(world.url, { method, path, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  sent.end(body);
  try {
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return String(response.statusCode);
  } catch (error) {
    // A refusal before the body was read may end the connection under it.
    const { code = '' } = error as NodeJS.ErrnoException;
    return ['ECONNRESET', 'EPIPE'].includes(code) ? 'closed' : `no answer (${code || String(error)})`;
  }
}

/** Bytes that may be no HTTP at all. Silence is an answer: the server waits for the rest. */
async function sendRaw(world: Furnished, { body = '' }: Exchange): Promise<string> {
  const { hostname, port } = new URL(world.url);
  const socket = connect({ host: hostname, port: Number(port) });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('close', () => resolve());
  socket.on('error', () => resolve());
  // Half-closed: what is not whole by now never will be.
  socket.end(body);
  const timer = setTimeout(() => socket.destroy(), TIMEOUT_MS);
  await promise;
  clearTimeout(timer);
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(Buffer.concat(chunks).toString('latin1')) ?? [];
  return status ?? 'closed';
}

function described({ method, path, headers, body = '' }: Exchange, part: Part | null): string {
  const bytes = Buffer.from(body as string);
  const shown = { method, path: path.slice(0, 300), headers, mutated: part };
  return `${JSON.stringify(shown)} body ${bytes.subarray(0, 1500).toString('base64')}`;
}
