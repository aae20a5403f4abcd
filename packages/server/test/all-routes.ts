/** Every route that the server has, and how to send it something: for rules that hold for all of them. */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Secret } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { digestOf } from '@waybill/core/digest';

/** `METHOD /url` as it was registered. */
export type Route = string;

export const routes = new Set<Route>();
// Fastify announces each instance before anything is registered with it.
subscribe('fastify.initialization', (message) => {
  const { fastify } = message as {
    fastify: {
      addHook(name: 'onRoute', hook: (route: { method: string | string[]; url: string }) => void): void;
    };
  };
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.add(`${one} ${url}`);
  });
});

/** Who may call without a token, and why. Everything else answers 401. */
export const PUBLIC: Readonly<Record<Route, string>> = {
  'GET /healthz': 'an orchestrator asks before there is a token',
  'GET /readyz': 'as /healthz; names dependencies and their state, no addresses',
  'GET /metrics':
    'for this machine alone; with WAYBILL_METRICS_TOKEN, or through a proxy, a token of its own',
  'GET /waybill/v1/info': 'what a client needs before it has a token',
  'GET /waybill/v1/openapi.json': 'the description of the API is in the public source',
  'GET /waybill/v1/docs': 'as openapi.json',
  'GET /waybill/v1/trust/trusted-root': 'public keys: whoever verifies evidence needs them',
  'GET /waybill/v1/trust/signing-config': 'the addresses of the public services below',
  'GET /waybill/v1/trust/client-config': 'the two above in one file',
  'GET /tuf/:file': 'signed public keys and addresses: a TUF client has no token',
  'HEAD /tuf/:file': 'as GET',
  'GET /tuf/targets/:file': 'as /tuf/:file',
  'HEAD /tuf/targets/:file': 'as /tuf/:file',
  'GET /oidc/.well-known/openid-configuration': 'OpenID Connect Discovery',
  'GET /oidc/jwks': 'public keys of the issuer',
  'POST /oidc/token': 'the token to exchange stands in the form; RFC 8693 answers 400 to a wrong one',
  'POST /api/v2/signingCert': 'the identity token stands in the body, as Fulcio clients send it',
  'GET /api/v2/trustBundle': 'public certificates',
  'GET /api/v2/configuration':
    'names the issuers whose tokens count, as Fulcio does; not which organisation lists them',
  'POST /api/v1/timestamp': 'RFC 3161 knows no sign-in; what is stamped is a hash',
  'GET /api/v1/timestamp/certchain': 'public certificates',
  'POST /api/v2/log/entries': 'Rekor v2 knows no sign-in; an entry must carry a signature that verifies',
  'GET /api/v2/checkpoint': 'the log is public',
  'HEAD /api/v2/checkpoint': 'the log is public',
  'GET /api/v2/tile/*': 'the log is public',
  'HEAD /api/v2/tile/*': 'the log is public',
  'GET /waybill/v1/log/entries/:index': 'the log is public',
  'GET /waybill/v1/log/search': 'the log is public',
  'GET /waybill/v1/log/inclusion': 'the log is public',
  'GET /waybill/v1/log/consistency': 'the log is public',
  'POST /waybill/v1/log/checkpoints':
    'whoever holds a checkpoint of ours may show it: only one that we signed does anything',
  'GET /waybill/v1/log/shards': 'the log is public',
  'GET /checkpoint': 'the log is public',
  'HEAD /checkpoint': 'the log is public',
  'GET /tile/*': 'the log is public',
  'HEAD /tile/*': 'the log is public',
  'GET /log/:origin/checkpoint': 'the log is public',
  'HEAD /log/:origin/checkpoint': 'the log is public',
  'GET /log/:origin/tile/*': 'the log is public',
  'HEAD /log/:origin/tile/*': 'the log is public',
  'GET /ct/v1/get-sth': 'RFC 6962; the log is public',
  'GET /ct/v1/get-sth-consistency': 'RFC 6962; the log is public',
  'GET /ct/v1/get-proof-by-hash': 'RFC 6962; the log is public',
  'GET /ct/v1/get-entries': 'RFC 6962; the log is public',
  'GET /ct/v1/get-entry-and-proof': 'RFC 6962; the log is public',
  'GET /ct/v1/get-roots': 'RFC 6962; public certificates',
  'POST /ct/v1/add-chain': 'refuses everybody',
  'POST /ct/v1/add-pre-chain': 'refuses everybody',
};

export const PEM = generateKeyPairSync('ed25519')
  .publicKey.export({ format: 'pem', type: 'spki' })
  .toString();
export const DOCUMENT =
  'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: release }\nspec:\n  materials:\n' +
  '    - { type: ARTIFACT, name: program, output: true }\n';

/** A body that the route takes. */
export const BODIES: Readonly<Record<Route, object>> = {
  'POST /waybill/v1/log/checkpoints': { checkpoint: 'not a note' },
  'POST /waybill/v1/tokens': { name: 'another', role: 'viewer', expiresInSeconds: 60 },
  'POST /waybill/v1/keys': { name: 'another', publicKey: PEM },
  'POST /waybill/v1/keys/:name/rotate': { publicKey: PEM, overlapSeconds: 60 },
  'POST /waybill/v1/keys/:name/revoke': { revocation: 'compromised' },
  'POST /waybill/v1/trust/issuers': { url: 'https://login.example.com', kind: 'email' },
  'POST /waybill/v1/contracts': { document: DOCUMENT },
  'POST /waybill/v1/workflows': { project: 'warehouse', name: 'another', contract: 'release' },
  'PATCH /waybill/v1/workflows/:project/:name': { team: 'another' },
  'PATCH /waybill/v1/workflows/:id': { team: 'another' },
  'POST /waybill/v1/workflows/:project/:name/robot-accounts': { name: 'another', expiresInSeconds: 60 },
  'POST /waybill/v1/workflows/:project/:name/robot-accounts/:account/rotate': { graceSeconds: 60 },
  'POST /waybill/v1/workflows/:project/:name/trusts': {
    issuer: 'https://gitlab.com',
    subject: 'project_path:acme/app:*',
  },
  'POST /waybill/v1/runs': { project: 'warehouse', workflow: 'build' },
  'PUT /waybill/v1/runs/:id/state': { after: 1, sealed: 'c2VhbGVk' },
  'POST /waybill/v1/runs/:id/cancel': { reason: 'why not' },
  'POST /waybill/v1/gate/decisions': {
    subject: { digest: digestOf(utf8('x')), name: 'x' },
    context: { contract: 'release', place: 'here' },
  },
};

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
}

/** Over a socket, and the path as it is written: fetch and inject would tidy it up. */
export async function sendTo(origin: string, { method, path, headers = {}, body }: Sent): Promise<Answer> {
  const signal = AbortSignal.timeout(10_000);
  const sent = request(origin, { method, path, headers, signal });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  // Who is answered before all is sent may find the connection closed behind the answer.
  sent.on('error', () => undefined);
  const chunks = await Array.fromAsync(response as AsyncIterable<Buffer>);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

export function split(route: Route): { readonly method: string; readonly url: string } {
  const [method = '', url = ''] = route.split(' ');
  return { method, url };
}

export function fill(url: string, values: Readonly<Record<string, string>>): string {
  return url.replaceAll(/:(\w+)/g, (_, name: string) => values[name] ?? randomUUID());
}

export const bodyOf = (route: Route): Pick<Sent, 'headers' | 'body'> =>
  BODIES[route] === undefined
    ? {}
    : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(BODIES[route]) };

export const bearer = (token: Secret<string>): { readonly authorization: string } => ({
  authorization: `Bearer ${token.reveal()}`,
});
