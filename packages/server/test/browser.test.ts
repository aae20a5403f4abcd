/** What a page of another site can do with the browser of somebody who works with this server: nothing. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { type Answer, bearer, PUBLIC, routes, sendTo, split } from './all-routes.ts';

const EVIL = 'https://evil.example';

let world: TestWorld;
before(async () => {
  world = await testWorld();
});
after(() => world.close());

async function everyRoute(
  headers: Readonly<Record<string, string>>,
  wrong: (answer: Answer, route: string) => boolean,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const route of routes) {
    const { method, url } = split(route);
    const path = url.replaceAll(/:\w+/g, 'x').replace('*', 'default/p/app/tags/list');
    const answer = await sendTo(world.url, { method, path, headers });
    if (wrong(answer, route)) found.push(`${route}: ${answer.status} ${JSON.stringify(answer.headers)}`);
  }
  return found;
}

describe('a page of another site', () => {
  it('signs in nowhere with a cookie, and gets none', async () => {
    const token = world.ownerToken.reveal();
    const headers = {
      cookie: `token=${token}; authorization=Bearer ${token}; session=${token}`,
      origin: EVIL,
    };
    const wrong = await everyRoute(headers, (answer, route) => {
      const isOpen = !(route in PUBLIC) && answer.status !== 401 && route !== 'POST /v2/token';
      return isOpen || answer.headers['set-cookie'] !== undefined;
    });
    assert.deepEqual(wrong, []);
  });

  it('reads no answer, and is allowed no header of its own', async () => {
    const asked = { origin: EVIL, 'access-control-request-method': 'POST' };
    const headers = {
      ...asked,
      'access-control-request-headers': 'authorization',
      ...bearer(world.ownerToken),
    };
    const shared = (answer: Answer): boolean =>
      Object.keys(answer.headers).some((name) => name.startsWith('access-control-'));
    assert.deepEqual(await everyRoute(headers, shared), []);
    for (const route of routes) {
      const path = split(route).url.replaceAll(/:\w+|\*/g, 'x');
      const preflight = await sendTo(world.url, { method: 'OPTIONS', path, headers });
      assert.ok(preflight.status >= 400 && !shared(preflight), `${route}: ${preflight.status}`);
    }
  });

  it('shows none of ours in a frame, and makes a browser guess no type', async () => {
    const wrong = await everyRoute(bearer(world.ownerToken), ({ headers }) => {
      const policy = String(headers['content-security-policy'] ?? '');
      return (
        !/default-src 'none'/.test(policy) ||
        !/frame-ancestors 'none'/.test(policy) ||
        headers['x-frame-options'] !== 'DENY' ||
        headers['x-content-type-options'] !== 'nosniff' ||
        headers['referrer-policy'] !== 'no-referrer' ||
        headers['cross-origin-resource-policy'] !== 'same-origin'
      );
    });
    assert.deepEqual(wrong, []);
  });

  it('makes no form of a browser pass as JSON', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const answer = await sendTo(world.url, {
        method: 'POST',
        path: '/waybill/v1/tokens',
        headers: { 'content-type': type, ...bearer(world.ownerToken) },
        body: JSON.stringify({ name: 'planted', role: 'owner' }),
      });
      assert.equal(answer.status, 415, type);
    }
  });
});
