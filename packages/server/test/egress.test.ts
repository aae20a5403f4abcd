/** Addresses that strangers write into what they send: the server dials none of them. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { utf8 } from '@waybill/core/bytes';
import { digestOf } from '@waybill/core/digest';
import { startAttester, type TestWorld, testWorld } from '@waybill/testkit';
import { BODIES, bearer, bodyOf, routes, sendTo, split } from './all-routes.ts';

let world: TestWorld;
/** Listens where the addresses lead, and remembers who came. */
let trap: Server;
let visits = 0;
let trapUrl: string;

before(async () => {
  world = await testWorld();
  trap = createServer((socket) => {
    visits++;
    socket.destroy();
  });
  trap.listen(0, '127.0.0.1');
  await once(trap, 'listening');
  trapUrl = `http://127.0.0.1:${(trap.address() as { port: number }).port}`;
});
after(async () => {
  trap.close();
  await world.close();
});

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const token = (head: object, claims: object): string => `${encode(head)}.${encode(claims)}.AAAA`;

/** Its socket is a file. */
const isDatabase = (address: string): boolean => address.startsWith(`${world.connection.host}/`);

/** In this process are client and server: what the client dials is the server, and nothing else may be dialled. */
async function dialled(work: () => Promise<unknown>): Promise<readonly string[]> {
  const own = Number(new URL(world.url).port);
  const attempts: string[] = [];
  const seen = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    socket.on('connectionAttempt', (address: string, port: number) => {
      if (port !== own && !isDatabase(address)) attempts.push(`${address}:${port}`);
    });
    socket.on('lookup', (_error: unknown, _address: unknown, _family: unknown, host: string) =>
      attempts.push(host),
    );
  };
  subscribe('net.client.socket', seen);
  try {
    await work();
    // What an answer did not wait for has been begun by then.
    await sendTo(world.url, { method: 'GET', path: '/readyz' });
  } finally {
    unsubscribe('net.client.socket', seen);
  }
  return attempts;
}

describe('an address in what a stranger sends', () => {
  const placesOf = (url: string) => ({
    iss: url,
    jku: `${url}/jwks`,
    x5u: `${url}/x5u`,
    jwks_uri: `${url}/jwks`,
  });

  it('of an issuer or a key is not looked up', async () => {
    const urls = [trapUrl, 'http://169.254.169.254/latest', 'http://[::1]:1/', 'http://localhost:1'];
    const found = await dialled(async () => {
      for (const url of urls) {
        // Each door reads on only where the type is its own.
        const jwtOf = (typ: string): string =>
          token(
            { alg: 'RS256', typ, kid: url, ...placesOf(url) },
            { sub: 'x', aud: 'sigstore', ...placesOf(url) },
          );
        const certificate = await sendTo(world.url, {
          method: 'POST',
          path: '/api/v2/signingCert',
          body: JSON.stringify({ credentials: { oidcIdentityToken: jwtOf('JWT') }, publicKeyRequest: {} }),
        });
        assert.ok(certificate.status >= 400 && certificate.status < 500, certificate.body);
        const registry = await sendTo(world.url, {
          method: 'GET',
          path: '/v2/',
          headers: { authorization: `Bearer ${jwtOf('waybill-registry+jwt')}` },
        });
        assert.equal(registry.status, 401);
      }
    });
    assert.deepEqual(found, []);
    assert.equal(visits, 0);
  });

  it('of a material is not fetched: an image elsewhere is bound by its digest alone', async () => {
    const { owner, ownerToken } = world;
    const document =
      'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: image }\nspec:\n  materials:\n' +
      '    - { type: CONTAINER_IMAGE, name: image, output: true }\n';
    await owner.applyContract({ document });
    await owner.createWorkflow({ project: 'p', name: 'w', contract: 'image' });
    const digest = digestOf(utf8('somewhere else'));
    const host = new URL(trapUrl).host;
    const references = [
      `${host}/p/app@${digest}`,
      `169.254.169.254/p/app@${digest}`,
      `localhost:1/p/app@${digest}`,
    ];
    const found = await dialled(async () => {
      for (const reference of references) {
        const attester = await startAttester({
          client: owner,
          token: ownerToken,
          project: 'p',
          workflow: 'w',
        });
        const material = {
          name: 'image',
          kind: 'CONTAINER_IMAGE',
          digest,
          sizeBytes: 1,
          reference,
          output: true,
        };
        const predicate = attester.predicate([{ ...material, annotations: {} }]);
        const receipt = await owner.pushAttestation(attester.run.id, await attester.sign(predicate));
        assert.deepEqual(receipt.findings, [], reference);
      }
    });
    assert.deepEqual(found, []);
    assert.equal(visits, 0);
  });

  it('in any text of any body, or in a header that proxies use, is not followed', async () => {
    const withUrls = (value: unknown): unknown => {
      if (typeof value === 'string') return trapUrl;
      if (Array.isArray(value)) return value.map(withUrls);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withUrls(inner)]));
    };
    const { host } = new URL(trapUrl);
    const found = await dialled(async () => {
      for (const route of routes) {
        const { method, url } = split(route);
        const path = url.replaceAll(/:\w+|\*/g, encodeURIComponent(trapUrl));
        const { headers: type, ...sent } = bodyOf(route);
        const body = sent.body === undefined ? {} : { body: JSON.stringify(withUrls(BODIES[route])) };
        const forwarded = {
          'x-forwarded-host': host,
          forwarded: `host=${host}`,
          origin: trapUrl,
          referer: trapUrl,
        };
        const headers = { ...type, ...forwarded, ...bearer(world.ownerToken) };
        await sendTo(world.url, { method, path: `${path}?issuer=${trapUrl}&from=${host}`, headers, ...body });
      }
    });
    assert.deepEqual(found, []);
    assert.equal(visits, 0);
  });
});
