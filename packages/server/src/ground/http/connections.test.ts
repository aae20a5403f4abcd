import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createLog } from '../log/log.ts';
import { type App, createHttp, type HttpOptions } from './http.ts';

const HEADERS_TIMEOUT_MS = 300;
/** A machine that is busy for this long with something else would look like a slow client. */
const BODY_WINDOW_MS = 1000;
const MAX_CONNECTIONS = 20;

interface Served {
  readonly app: App;
  readonly port: number;
}

async function serve(limits: Partial<HttpOptions>): Promise<Served> {
  const log = createLog('silent');
  const app = createHttp({
    log,
    problems: {},
    version: '1',
    publicUrl: 'http://x',
    ready: async () => [],
    ...limits,
  });
  app.post('/parsed', async () => ({}));
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _body, done) => done(null));
    scope.post('/stream', async (request) => {
      let bytes = 0;
      for await (const chunk of request.raw) bytes += (chunk as Buffer).length;
      return { bytes };
    });
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { app, port: Number(new URL(url).port) };
}

async function dial({ port }: Served, text = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  // What the server cuts may come as a reset.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return socket;
}

const post = (path: string, lengthBytes: number): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${lengthBytes}\r\n\r\n`;

/** All that comes until the server ends the connection; what is written meanwhile trickles. */
async function trickle(socket: Socket, drop: string): Promise<string> {
  let answer = '';
  socket.on('data', (bytes) => (answer += bytes.toString()));
  const timer = setInterval(() => socket.writable && socket.write(drop), 20);
  await once(socket, 'close');
  clearInterval(timer);
  return answer;
}

describe('slow clients', () => {
  let served: Served;
  before(async () => {
    served = await serve({ headersTimeoutMs: HEADERS_TIMEOUT_MS, bodyWindowMs: BODY_WINDOW_MS });
  });
  after(() => served.app.close());

  it('that never end their headers are cut off', async () => {
    assert.match(
      await trickle(await dial(served, 'GET /healthz HTTP/1.1\r\n'), 'x: y\r\n'),
      /^HTTP\/1\.1 408 /,
    );
  });

  it('that say nothing at all are cut off too', async () => {
    await trickle(await dial(served), '');
  });

  for (const path of ['/parsed', '/stream'])
    it(`that trickle a body to ${path} are cut off`, async () => {
      const answer = await trickle(await dial(served, post(path, 1_000_000)), ' ');
      assert.match(answer, /^HTTP\/1\.1 408 /);
      assert.match(answer, /"code":"request_timeout"/);
    });

  it('that move may take as long as they need', async () => {
    const chunk = Buffer.alloc(1024, ' ');
    const socket = await dial(served, post('/stream', 100 * chunk.length));
    const answered = once(socket, 'data');
    for (let sent = 0; sent < 100; sent++) {
      socket.write(chunk);
      await new Promise((next) => setTimeout(next, BODY_WINDOW_MS / 40));
    }
    assert.match(String(await answered), /^HTTP\/1\.1 200 [\s\S]*"bytes":102400/);
    socket.destroy();
  });
});

describe('too many connections', () => {
  it('push out those that idle longest, and none with a request on it', async () => {
    const served = await serve({ maxConnections: MAX_CONNECTIONS });
    const { app, port } = served;
    const connections = (): Promise<number> =>
      new Promise((done, fail) => {
        app.server.getConnections((error, count) => (error ? fail(error) : done(count)));
      });
    const body = '{"a":1}';
    const started = once(app.server, 'request');
    const working = await dial(served, post('/stream', body.length));
    // The server knows it for one with a request before the flood begins.
    await started;
    const first = await dial(served);
    const firstClosed = once(first.resume(), 'close');
    const flood = await Promise.all(Array.from({ length: 5 * MAX_CONNECTIONS }, () => dial(served)));
    await firstClosed;
    while ((await connections()) > MAX_CONNECTIONS) await new Promise((next) => setImmediate(next));
    working.write(body);
    const [answer] = (await once(working, 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 200 /);
    assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
    for (const socket of [working, ...flood]) socket.destroy();
    await app.close();
  });
});
