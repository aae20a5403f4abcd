import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An OIDC issuer on a socket of its own, with keys of its own: discovery, key set, tokens. */
export interface FakeIssuer {
  readonly url: string;
  /** Questions so far, by path. */
  readonly asked: ReadonlyMap<string, number>;
  /** Answers nothing but 500 while true. */
  down: boolean;
  /** A token signed by the newest key; its header and claims may say anything. */
  token(claims?: object, header?: object): string;
  /** The same by another key, published or not. */
  tokenBy(key: KeyObject, claims?: object, header?: object): string;
  /** HMAC with the text of the newest public key as its secret. */
  tokenByPublicKey(claims?: object): string;
  /** A new key takes the place of all before. */
  rotate(): void;
  /** What the key set holds beside the key. */
  readonly extraKeys: object[];
  /** In the place of the discovery document. */
  discovery: object | undefined;
  close(): Promise<void>;
}

const LIFETIME_SECONDS = 600;

export async function fakeIssuer(options: { readonly now?: () => Date } = {}): Promise<FakeIssuer> {
  const now = options.now ?? (() => new Date());
  const asked = new Map<string, number>();
  let keys = newKeys(1);
  const answers: Readonly<Record<string, () => object>> = {
    '/.well-known/openid-configuration': () => issuer.discovery ?? { issuer: url, jwks_uri: `${url}/keys` },
    '/keys': () => ({ keys: [...issuer.extraKeys, keys.jwk] }),
  };
  const listener: RequestListener = ({ url: path = '' }, response) => {
    asked.set(path, (asked.get(path) ?? 0) + 1);
    const answer = answers[path];
    if (issuer.down || answer === undefined) return void response.writeHead(issuer.down ? 500 : 404).end();
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer()));
  };
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const seconds = () => Math.floor(now().getTime() / 1000);
  const whole = (claims: object): object => ({
    iss: url,
    aud: 'sigstore',
    sub: 'subject-1',
    iat: seconds(),
    exp: seconds() + LIFETIME_SECONDS,
    ...claims,
  });
  const issuer: FakeIssuer = {
    url,
    asked,
    down: false,
    extraKeys: [],
    discovery: undefined,
    token: (claims = {}, header = {}) => issuer.tokenBy(keys.privateKey, claims, header),
    tokenBy: (key, claims = {}, header = {}) => {
      const input = encoded({ alg: 'RS256', typ: 'JWT', kid: keys.jwk.kid, ...header }, whole(claims));
      return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
    },
    tokenByPublicKey: (claims = {}) => {
      const input = encoded({ alg: 'HS256', typ: 'JWT', kid: keys.jwk.kid }, whole(claims));
      const secret = keys.publicKey.export({ type: 'spki', format: 'pem' });
      return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    },
    rotate: () => {
      keys = newKeys(keys.number + 1);
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return issuer;
}

function newKeys(number: number) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: `key-${number}`, use: 'sig', alg: 'RS256' };
  return { number, privateKey, publicKey, jwk };
}

function encoded(header: object, claims: object): string {
  return [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
}
