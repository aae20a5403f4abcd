import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { CodedError } from '@waybill/core';
import fc from 'fast-check';
import type { InjectOptions } from 'fastify';
import { Type } from 'typebox';
import { createLog } from '../log/log.ts';
import type { Readiness } from '../observe/readiness.ts';
import { type App, createHttp } from './http.ts';

const lines: string[] = [];
let dependencies: Readiness[] = [{ name: 'database', state: 'up' }];
let app: App;
let origin: string;

const Item = Type.Object(
  { name: Type.String({ minLength: 1 }), kind: Type.Union([Type.Literal('a'), Type.Literal('b')]) },
  { additionalProperties: false },
);

/** A server of its own for a test that closes it. */
function closingAfter(closeTimeoutMs: number): App {
  return createHttp({
    log: createLog('silent'),
    problems: {},
    version: '1',
    publicUrl: 'http://x',
    closeTimeoutMs,
    ready: async () => [],
  });
}

function probeRoutes() {
  return async (scope: App): Promise<void> => {
    scope.post(
      '/probe/items',
      { schema: { body: Type.Object({ items: Type.Array(Item), n: Type.Optional(Type.Integer()) }) } },
      async (request) => ({
        names: request.body.items.map((item) => item.name),
      }),
    );
    scope.get(
      '/probe/items/:id',
      { schema: { querystring: Type.Object({ limit: Type.Integer({ default: 10, maximum: 100 }) }) } },
      async (request) => request.query,
    );
    scope.post('/probe/small', { bodyLimit: 10 }, async () => ({}));
    scope.get('/probe/coded', async () => {
      throw new CodedError('probe_refused', 'thing 7 is not yours: ask its owner', {
        detail: { thing: 7, status: 200 },
      });
    });
    scope.get('/probe/unmapped', async () => {
      throw new CodedError('probe_forgotten', 'postgres://secret');
    });
    scope.get('/probe/raw', async () => {
      throw new TypeError('token wb_secret');
    });
  };
}

before(async () => {
  app = createHttp({
    log: createLog('info', { destination: { write: (line: string) => void lines.push(line) } }),
    problems: { probe_refused: { status: 403, title: 'Not allowed' } },
    version: '1.2.3',
    publicUrl: 'http://127.0.0.1:7070',
    ready: async () => dependencies,
  });
  await app.register(probeRoutes());
  origin = await app.listen({ host: '127.0.0.1', port: 0 });
});
after(() => app.close());

async function refused(options: InjectOptions): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await app.inject(options);
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
  const body = answer.json<Record<string, unknown>>();
  assert.equal(body['status'], answer.statusCode);
  assert.equal(body['type'], `https://waybill.dev/problems/${String(body['code'])}`);
  assert.equal(body['instance'], `urn:uuid:${String(answer.headers['x-request-id'])}`);
  return { status: answer.statusCode, body };
}

describe('problems', () => {
  it('shows a mapped code with its message and detail, which cannot replace the members of the problem', async () => {
    const { status, body } = await refused({ url: '/probe/coded' });
    assert.equal(status, 403);
    assert.equal(body['code'], 'probe_refused');
    assert.equal(body['title'], 'Not allowed');
    assert.equal(body['detail'], 'thing 7 is not yours: ask its owner');
    assert.equal(body['thing'], 7);
  });

  it('hides the text of everything that nobody mapped, and logs it', async () => {
    for (const url of ['/probe/unmapped', '/probe/raw']) {
      const { status, body } = await refused({ url });
      assert.equal(status, 500);
      assert.equal(body['code'], 'internal');
      assert.doesNotMatch(JSON.stringify(body), /secret/);
    }
    assert.ok(lines.some((line) => line.includes('token wb_secret') && line.includes('"reqId"')));
  });

  it('names the field that is wrong', async () => {
    const post = (payload: object) => refused({ method: 'POST', url: '/probe/items', payload });
    assert.match(
      String((await post({ items: [{ name: 'x', kind: 'c' }] })).body['detail']),
      /^body\.items\[0\]\.kind: must be one of "a", "b"$/,
    );
    assert.match(
      String((await post({ items: [{ kind: 'a' }] })).body['detail']),
      /^body\.items\[0\]\.name: /,
    );
    assert.match(
      String((await post({ items: [{ name: 'x', kind: 'a', nmae: 1 }] })).body['detail']),
      /^body\.items\[0\]\.nmae: is not a known member$/,
    );
    const { status, body } = await post({});
    assert.equal(status, 400);
    assert.equal(body['code'], 'request_invalid');
    assert.deepEqual(
      (body['fields'] as { field: string }[]).map((f) => f.field),
      ['body.items'],
    );
  });

  it('takes a body as it is and converts a query', async () => {
    assert.match(
      String(
        (await refused({ method: 'POST', url: '/probe/items', payload: { items: [], n: '5' } })).body[
          'detail'
        ],
      ),
      /^body\.n: must be integer$/,
    );
    assert.deepEqual((await app.inject('/probe/items/x?limit=7')).json(), { limit: 7 });
    assert.deepEqual((await app.inject('/probe/items/x')).json(), { limit: 10 });
    assert.match(
      String((await refused({ url: '/probe/items/x?limit=many' })).body['detail']),
      /^query\.limit: /,
    );
  });

  it('refuses bodies that are no JSON, ambiguous, too large or of another type', async () => {
    const post = (payload: string | Buffer, type = 'application/json', url = '/probe/items') =>
      refused({ method: 'POST', url, payload, headers: { 'content-type': type } });
    assert.equal((await post('{')).body['code'], 'request_malformed');
    assert.equal((await post('{"a":1,"a":2}')).body['code'], 'request_malformed');
    assert.equal((await post(Buffer.from([0xff, 0xfe]))).body['code'], 'request_malformed');
    assert.equal((await post('{"items":[]}', 'text/plain')).status, 415);
    const large = await post('{"items":[]}', 'application/json', '/probe/small');
    assert.equal(large.status, 413);
    assert.equal(large.body['code'], 'request_too_large');
    assert.equal((await post('')).body['code'], 'request_invalid');
  });

  it('answers every body with success or a problem of ours', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.uint8Array().map((b) => Buffer.from(b)),
        ),
        async (payload) => {
          const answer = await app.inject({
            method: 'POST',
            url: '/probe/items',
            payload,
            headers: { 'content-type': 'application/json' },
          });
          assert.ok(answer.statusCode === 200 || answer.statusCode === 400, `${answer.statusCode}`);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('lets no URL with a NUL come to a handler, wherever it stands', async () => {
    for (const url of ['/probe/items/a%00b', '/probe/items/x?limit=7&q=%00', '/probe/nothing%00']) {
      const { status, body } = await refused({ url });
      assert.equal(status, 400, url);
      assert.equal(body['code'], 'request_malformed', url);
    }
  });

  it('tells an unknown path from an unknown method', async () => {
    assert.equal((await refused({ url: '/nowhere' })).body['code'], 'not_found');
    const { status, body } = await refused({ method: 'DELETE', url: '/probe/items/x' });
    assert.equal(status, 405);
    assert.deepEqual(body['allowed'], ['GET']);
    assert.equal((await app.inject({ method: 'DELETE', url: '/probe/items/x' })).headers['allow'], 'GET');
    assert.equal((await refused({ url: '/probe/items/%zz' })).body['code'], 'request_malformed');
  });

  it('answers a broken request line with a problem', async () => {
    const text = await new Promise<string>((done, fail) => {
      const socket = connect(Number(new URL(origin).port), '127.0.0.1', () =>
        socket.write('NOT HTTP\r\n\r\n'),
      );
      let all = '';
      socket.on('data', (bytes) => (all += bytes.toString()));
      socket.on('end', () => done(all));
      socket.on('error', fail);
    });
    assert.match(text, /^HTTP\/1\.1 400 /);
    assert.match(text, /"code":"request_malformed"/);
  });
});

describe('createHttp', () => {
  it('says when a dependency is down', async () => {
    assert.equal((await app.inject('/healthz')).json<{ version: string }>().version, '1.2.3');
    assert.equal((await app.inject('/readyz')).statusCode, 200);
    dependencies = [
      { name: 'database', state: 'up' },
      { name: 'blobs', state: 'down', detail: 'cannot write' },
    ];
    const down = await app.inject('/readyz');
    assert.equal(down.statusCode, 503);
    assert.deepEqual(down.json(), { ready: false, dependencies });
  });

  it('describes itself as OpenAPI 3.1, with a page that loads nothing', async () => {
    const description = (await app.inject('/waybill/v1/openapi.json')).json<{
      openapi: string;
      paths: Record<string, object>;
    }>();
    assert.equal(description.openapi, '3.1.0');
    assert.ok('/probe/items' in description.paths);
    const page = await app.inject('/waybill/v1/docs');
    assert.match(page.body, /\/probe\/items/);
    assert.doesNotMatch(page.body, /<script|https?:\/\//);
  });

  it('sets the headers that a browser needs, and logs paths without queries', async () => {
    const answer = await app.inject('/probe/items/x?limit=3&code=s3cret');
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.ok(lines.some((line) => line.includes(`"reqId":"${String(answer.headers['x-request-id'])}"`)));
    assert.ok(!lines.some((line) => line.includes('s3cret')));
  });

  it('lets a running request end when it closes, and cuts one that does not', async () => {
    const closing = closingAfter(300);
    const arrived = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    await closing.register(async (scope) => {
      scope.get('/slow', async () => {
        await finish.promise;
        return { done: true };
      });
      scope.get('/stuck', async () => {
        arrived.resolve();
        return new Promise(() => undefined);
      });
    });
    const base = await closing.listen({ host: '127.0.0.1', port: 0 });
    const slow = fetch(`${base}/slow`);
    const stuck = fetch(`${base}/stuck`).catch((error: unknown) => error);
    await arrived.promise;
    const closed = closing.close();
    finish.resolve();
    assert.deepEqual(await (await slow).json(), { done: true });
    await closed;
    assert.ok((await stuck) instanceof Error);
  });

  it('answers what still comes in while it closes with a problem, like everything', async () => {
    const closing = closingAfter(60_000);
    await closing.listen({ host: '127.0.0.1', port: 0 });
    const accepted = once(closing.server, 'connection') as Promise<[Socket]>;
    const { port } = closing.server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1' });
    // A request that has begun, so that its connection is not closed as an idle one.
    socket.write('GET /healthz HTTP/1.1\r\n');
    const [server] = await accepted;
    while (server.bytesRead === 0) await new Promise((next) => setImmediate(next));
    const closed = closing.close();
    while (closing.server.listening) await new Promise((next) => setImmediate(next));
    socket.write('host: x\r\n\r\n');
    const answer = await text(socket);
    assert.match(answer, /^HTTP\/1\.1 503 [^]*application\/problem\+json[^]*"code":"server_stopping"/);
    assert.match(answer, /\r\nretry-after: /i);
    await closed;
  });

  it('keeps no connection after its last answer when it closes', async () => {
    const closing = closingAfter(60_000);
    const arrived = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    await closing.register(async (scope) => {
      scope.get('/slow', async () => {
        arrived.resolve();
        await finish.promise;
        return { done: true };
      });
    });
    const base = await closing.listen({ host: '127.0.0.1', port: 0 });
    const slow = fetch(`${base}/slow`);
    await arrived.promise;
    const startedMs = performance.now();
    const closed = closing.close();
    // Until then the idle connections have not been closed yet, and this one would be among them.
    while (closing.server.listening) await new Promise((next) => setImmediate(next));
    finish.resolve();
    assert.deepEqual(await (await slow).json(), { done: true });
    await closed;
    assert.ok(performance.now() - startedMs < 5000);
  });

  it('takes a body that arrives slowly', async () => {
    const body = JSON.stringify({ items: [{ name: 'x', kind: 'a' }] });
    const slowly = async function* (): AsyncGenerator<Uint8Array> {
      for (const part of body.match(/.{1,4}/g) ?? []) {
        await new Promise((next) => setImmediate(next));
        yield Buffer.from(part);
      }
    };
    const answer = await fetch(`${origin}/probe/items`, {
      method: 'POST',
      body: slowly(),
      headers: { 'content-type': 'application/json' },
      duplex: 'half',
    } as RequestInit);
    assert.deepEqual(await answer.json(), { names: ['x'] });
  });

  it('has no HEAD route that nobody wrote', async () => {
    assert.equal((await app.inject({ method: 'HEAD', url: '/probe/items/x' })).statusCode, 405);
  });
});

describe('createLog', () => {
  it('redacts secrets wherever they stand', () => {
    const out: string[] = [];
    const log = createLog('info', { destination: { write: (line: string) => void out.push(line) } });
    log.info(
      { headers: { authorization: 'Bearer wb_1' }, token: 'wb_2', req: { headers: { cookie: 'wb_3' } } },
      'x',
    );
    assert.equal(out.length, 1);
    assert.doesNotMatch(out[0] ?? '', /wb_\d/);
  });
});
