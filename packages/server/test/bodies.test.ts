/** What a body can do to the server before anybody looked at it, on every route that takes one. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { after, before, describe, it } from 'node:test';
import { type TestWorld, testWorld } from '@waybill/testkit';
import {
  type Answer,
  BODIES,
  bearer,
  PUBLIC,
  type Route,
  routes,
  type Sent,
  sendTo,
  split,
} from './all-routes.ts';

const MIB = 1024 * 1024;

let world: TestWorld;
before(async () => {
  world = await testWorld();
});
after(() => world.close());

const takesBody = (route: Route): boolean => /^(?:POST|PUT|PATCH) /.test(route);
const pathOf = (route: Route): string =>
  split(route).url.replaceAll(/:\w+/g, 'x').replace('*', 'default/p/app/manifests/v1');
const guarded = (): readonly Route[] =>
  // Its password stands in the body.
  [...routes].filter((route) => takesBody(route) && !(route in PUBLIC) && route !== 'POST /v2/token');

const ask = (route: Route, sent: Partial<Sent>): Promise<Answer> =>
  sendTo(world.url, { method: split(route).method, path: pathOf(route), ...sent });

describe('a body without a token', () => {
  it('is answered with 401 whatever it holds, so that a stranger learns nothing and costs no parsing', async () => {
    assert.ok(guarded().length > 10);
    const wrong: string[] = [];
    for (const route of guarded()) {
      for (const type of ['application/json', 'text/plain', 'nonsense']) {
        const answer = await ask(route, { headers: { 'content-type': type }, body: '{"a":1,"a":' });
        if (answer.status !== 401) wrong.push(`${route} ${type}: ${answer.status} ${answer.body}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('is not read when it is large, and its sender is told why', async () => {
    const body = Buffer.alloc(10 * MIB, 'x');
    const read = new Map<string, () => number>();
    const seen = (message: unknown): void => {
      const { request } = message as {
        request: { method: string; url: string; socket: { bytesRead: number } };
      };
      const { socket } = request;
      read.set(`${request.method} ${request.url}`, () => socket.bytesRead);
    };
    subscribe('http.server.request.start', seen);
    for (const route of guarded()) {
      for (const chunked of [false, true]) {
        const headers = {
          'content-type': 'application/json',
          ...(chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(body.length) }),
        };
        const answer = await ask(route, { headers, body });
        assert.equal(answer.status, 401, route);
        assert.equal(answer.headers.connection, 'close', route);
        const bytes = read.get(`${split(route).method} ${pathOf(route)}`)?.() ?? Number.NaN;
        assert.ok(bytes < MIB, `${route}: ${bytes} bytes were read`);
      }
    }
    unsubscribe('http.server.request.start', seen);
  });

  it('that is small does not cost its sender the connection', async () => {
    const answer = await ask('POST /waybill/v1/runs', { body: '{}' });
    assert.equal(answer.status, 401);
    assert.equal(answer.headers.connection, 'keep-alive');
  });
});

describe('a body with a token', () => {
  // The token route of the registry reads a form, and takes anything else for an empty one.
  const all = (): readonly Route[] => [...routes].filter((one) => takesBody(one) && one !== 'POST /v2/token');
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const invalidUtf8 = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
  /** Where it stands beside everything that the route wants. */
  const beside = (route: Route, member: string): string => {
    const valid = JSON.stringify(BODIES[route] ?? { name: 'x' });
    return `{${member},${valid.slice(1)}`;
  };
  const cases: readonly [name: string, body: (route: Route) => string | Uint8Array][] = [
    ['__proto__ as a member', (route) => beside(route, '"__proto__":{"polluted":true}')],
    ['constructor as a member', (route) => beside(route, '"constructor":{"prototype":{"polluted":true}}')],
    [
      'one member twice',
      (route) => beside(route, `"${Object.keys(BODIES[route] ?? { name: 1 })[0]}":"first"`),
    ],
    ['arrays nested 100,000 deep', () => nested(100_000)],
    ['objects nested 100,000 deep', () => `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['invalid UTF-8', () => invalidUtf8],
  ];
  for (const [name, bodyOf] of cases) {
    it(`is refused by every route when it has ${name}`, async () => {
      const wrong: string[] = [];
      for (const route of all()) {
        const headers = { 'content-type': 'application/json', ...bearer(world.ownerToken) };
        const { status, body } = await ask(route, { headers, body: bodyOf(route) });
        if (status < 400 || status >= 500) wrong.push(`${route}: ${status} ${body.slice(0, 200)}`);
        // What it is refused for: the shape of the rest is right. A route may take less than so much nesting needs.
        if (route in BODIES && status !== 400 && status !== 413)
          wrong.push(`${route}: ${status} ${body.slice(0, 200)}`);
      }
      assert.deepEqual(wrong, []);
      assert.equal(({} as { polluted?: boolean }).polluted, undefined);
      assert.equal((await ask('GET /readyz', {})).status, 200);
    });
  }

  it('is refused beyond the limit of its route, also where no length is given', async () => {
    const body = Buffer.alloc(32 * MIB, ' ');
    const wrong: string[] = [];
    for (const route of all().filter((one) => !/ \/v2\b/.test(one))) {
      for (const length of [{ 'content-length': String(body.length) }, { 'transfer-encoding': 'chunked' }]) {
        const headers = { 'content-type': 'application/json', ...length, ...bearer(world.ownerToken) };
        const { status } = await ask(route, { headers, body });
        // A form of OAuth in another type is no form.
        if (status !== 413 && !(route === 'POST /oidc/token' && status === 400))
          wrong.push(`${route}: ${status}`);
      }
    }
    assert.deepEqual(wrong, []);
  });
});

describe('headers', () => {
  it('of more than 16 KiB are refused with a code', async () => {
    const answer = await ask('GET /healthz', { headers: { 'x-flood': 'x'.repeat(20_000) } });
    assert.equal(answer.status, 431);
    assert.equal(JSON.parse(answer.body).code, 'request_headers_too_large');
  });
});
