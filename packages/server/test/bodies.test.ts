/** What a body can do to the server before anybody looked at it, on every route that takes one. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { after, before, describe, it } from 'node:test';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { type Answer, PUBLIC, type Route, routes, type Sent, sendTo, split } from './all-routes.ts';

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
