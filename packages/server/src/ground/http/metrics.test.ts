import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Secret } from '@waybill/core';
import { createLog } from '../log/log.ts';
import { createMetrics } from '../observe/metrics.ts';
import { type App, createHttp } from './http.ts';
import { httpMetrics, isLoopbackHost, measureHttp, metricsRoute, nameRoute } from './metrics.ts';

const TOKEN = 'metrics-token-0123456789';

async function open(around: { readonly token?: string; readonly behindProxy?: boolean } = {}) {
  const metrics = createMetrics();
  const app = createHttp({
    log: createLog('silent'),
    problems: {},
    version: '0',
    publicUrl: 'http://127.0.0.1:7070',
    ready: async () => [],
  });
  measureHttp(app, httpMetrics(metrics));
  const { token, behindProxy = false } = around;
  const route = metricsRoute({ metrics, token: token === undefined ? null : new Secret(token), behindProxy });
  await app.register(route);
  return app;
}

describe('measureHttp', () => {
  let app: App;
  let origin: string;
  let held = Promise.withResolvers<void>();
  before(async () => {
    app = await open();
    app.get('/things/:id', async () => ({}));
    app.all('/wild/*', async (request) => {
      nameRoute(request, '/wild/<name>/end');
      return {};
    });
    app.get('/held', async (_request, reply) => {
      reply.hijack();
      reply.raw.write('x');
      held.resolve();
    });
    origin = await app.listen({ host: '127.0.0.1', port: 0 });
  });
  after(() => app.close());

  const figures = async (): Promise<string> => (await fetch(`${origin}/metrics`)).text();
  const count = (text: string, labels: string): number =>
    Number(
      new RegExp(`^waybill_http_request_duration_seconds_count\\{${labels}\\} (\\d+)$`, 'm').exec(
        text,
      )?.[1] ?? 0,
    );

  it('counts by the pattern of the route, never by what was asked for', async () => {
    for (let at = 0; at < 20; at++) {
      await (await fetch(`${origin}/things/${at}?q=${at}`)).text();
      await (await fetch(`${origin}/nothing/${at}`)).text();
      await (await fetch(`${origin}/wild/${at}/x`, { method: 'PUT' })).text();
      await (await fetch(`${origin}/things/${at}`, { method: 'REPORT' })).text();
    }
    const text = await figures();
    assert.equal(count(text, 'method="GET",route="/things/:id",status="2xx"'), 20);
    assert.equal(count(text, 'method="GET",route="none",status="4xx"'), 20);
    assert.equal(count(text, 'method="PUT",route="/wild/<name>/end",status="2xx"'), 20);
    const series = text.match(/^waybill_http_request_duration_seconds_count/gm)?.length ?? 0;
    assert.ok(series <= 6, `${series} series`);
  });

  it('counts a request whose client goes away, and lets go of it', async () => {
    held = Promise.withResolvers();
    const socket = connect(Number(new URL(origin).port), '127.0.0.1');
    socket.write('GET /held HTTP/1.1\r\nhost: x\r\n\r\n');
    await held.promise;
    assert.match(await figures(), /^waybill_http_requests_in_flight 2$/m);
    socket.destroy();
    await once(socket, 'close');
    const aborted = 'method="GET",route="/held",status="aborted"';
    let text = await figures();
    // The other end of the socket learns of it in its own time.
    while (count(text, aborted) === 0) text = await figures();
    assert.match(text, /^waybill_http_requests_in_flight 1$/m);
  });
});

describe('/metrics', () => {
  const ask = async (
    around: Parameters<typeof open>[0],
    request: { readonly remoteAddress?: string; readonly headers?: Record<string, string> },
  ) => {
    const app = await open(around);
    const answer = await app.inject({
      url: '/metrics',
      remoteAddress: request.remoteAddress ?? '127.0.0.1',
      headers: { host: 'localhost:7070', ...request.headers },
    });
    await app.close();
    return answer;
  };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it('is open to this machine', async () => {
    for (const remoteAddress of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1']) {
      assert.equal((await ask({}, { remoteAddress })).statusCode, 200, remoteAddress);
    }
  });

  it('is closed to every other address without a token', async () => {
    for (const remoteAddress of ['10.0.0.7', '::ffff:10.0.0.7', '2001:db8::1', '128.0.0.1']) {
      const answer = await ask({}, { remoteAddress });
      assert.equal(answer.statusCode, 401, remoteAddress);
      assert.equal(answer.json().code, 'metrics_unauthenticated');
      assert.match(answer.headers['www-authenticate'] as string, /^Bearer/);
      assert.doesNotMatch(answer.payload, /nodejs_/);
    }
  });

  it('takes nobody who comes through a proxy for this machine', async () => {
    for (const name of ['x-forwarded-for', 'X-Forwarded-Host', 'Forwarded', 'x-real-ip', 'via']) {
      assert.equal((await ask({}, { headers: { [name]: '127.0.0.1' } })).statusCode, 401, name);
    }
    assert.equal((await ask({ behindProxy: true }, {})).statusCode, 401);
    assert.equal(
      (await ask({ behindProxy: true, token: TOKEN }, { headers: bearer(TOKEN) })).statusCode,
      200,
    );
  });

  it('takes no page whose name was turned to this machine for this machine', async () => {
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:7070']) {
      assert.equal((await ask({}, { headers: { host } })).statusCode, 401, host);
    }
  });

  it('is open to the token from anywhere, and to no other', async () => {
    const elsewhere = { remoteAddress: '10.0.0.7' };
    const status = async (headers: Record<string, string>) =>
      (await ask({ token: TOKEN }, { ...elsewhere, headers: { host: 'waybill.example', ...headers } }))
        .statusCode;
    assert.equal(await status(bearer(TOKEN)), 200);
    assert.equal(await status({ ...bearer(TOKEN), 'x-forwarded-for': '203.0.113.1' }), 200);
    for (const wrong of [`${TOKEN}x`, TOKEN.slice(1), '', 'wb_abc'])
      assert.equal(await status(bearer(wrong)), 401);
    assert.equal((await ask({}, { ...elsewhere, headers: bearer('null') })).statusCode, 401);
  });

  it('speaks OpenMetrics to whoever asks for it', async () => {
    const plain = await ask({}, {});
    assert.match(plain.headers['content-type'] as string, /^text\/plain; version=0\.0\.4/);
    const accept = 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2';
    const open = await ask({}, { headers: { accept } });
    assert.match(open.headers['content-type'] as string, /^application\/openmetrics-text; version=1\.0\.0/);
    assert.match(open.payload, /# EOF\n$/);
  });
});

describe('isLoopbackHost', () => {
  it('knows addresses with and without ports', () => {
    for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1', '127.1.2.3:7070', '[::1]:7070', '::1']) {
      assert.ok(isLoopbackHost(host), host);
    }
    for (const host of [
      '0.0.0.0',
      '10.0.0.1',
      'localhost.example',
      '[::2]',
      '127.0.0.1@evil',
      '1127.0.0.1',
    ]) {
      assert.ok(!isLoopbackHost(host), host);
    }
  });
});
