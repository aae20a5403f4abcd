import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { type Fetch, messageOf } from '@waybill/core';
import { tempDir, testAuthority } from '@waybill/testkit';
import { createFetch } from './index.ts';

async function serving(
  listener: RequestListener,
): Promise<{ url: URL; connections(): number } & AsyncDisposable> {
  let connections = 0;
  const server = createServer(listener).on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/start`),
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += String(piece);
  return text;
}

const echo: RequestListener = (request, response) => {
  const { method, headers } = request;
  const answer = (body: string) => ({
    method,
    type: headers['content-type'],
    length: headers['content-length'],
    body,
  });
  bodyOf(request).then(
    (body) => response.end(JSON.stringify(answer(body))),
    (error: unknown) => response.destroy(error as Error),
  );
};

/** The rules hold for the built-in `fetch` and for ours alike. */
const both: readonly (readonly [string, () => Fetch])[] = [
  ['fetch', () => fetch],
  ['createFetch', createFetch],
];

for (const [name, make] of both) {
  describe(name, () => {
    it('sends text, bytes, forms and streams', async () => {
      await using server = await serving(echo);
      const send = make();
      const post = async (body: NonNullable<Parameters<Fetch>[1]['body']>) =>
        (await (
          await send(server.url, { method: 'POST', body, headers: { 'x-a': 'b' }, duplex: 'half' })
        ).json()) as Record<string, string>;
      assert.equal((await post('grüße')).body, 'grüße');
      assert.equal((await post('grüße')).length, '7');
      assert.equal((await post(new Uint8Array([104, 105]))).body, 'hi');
      const form = await post(new URLSearchParams({ a: '1 2' }));
      assert.deepEqual([form.body, form.type], ['a=1+2', 'application/x-www-form-urlencoded;charset=UTF-8']);
      const pieces = Array.from({ length: 50 }, () => new Uint8Array(65_536).fill(97));
      assert.equal((await post(ReadableStream.from(pieces))).body?.length, 50 * 65_536);
    });
    it('gives status, headers and body', async () => {
      await using server = await serving((_request, response) =>
        response.writeHead(404, { 'X-Reason': 'none' }).end('gone'),
      );
      const response = await make()(server.url, {});
      assert.deepEqual(
        [response.ok, response.status, response.headers.get('x-reason'), response.headers.get('no')],
        [false, 404, 'none', null],
      );
      assert.equal(await response.text(), 'gone');
    });
    it('has no body for HEAD', async () => {
      await using server = await serving((_request, response) =>
        response.writeHead(200, { 'content-length': 5 }).end(),
      );
      const response = await make()(server.url, { method: 'HEAD' });
      assert.deepEqual([response.body, response.headers.get('content-length')], [null, '5']);
    });
    it('follows a redirect without taking credentials to another origin', async () => {
      await using other = await serving((request, response) =>
        response.end(request.headers.authorization ?? 'none'),
      );
      await using server = await serving((request, response) =>
        request.url === '/start'
          ? response.writeHead(302, { location: '/same' }).end()
          : response.writeHead(307, { location: other.url.href }).end(),
      );
      const response = await make()(server.url, { headers: { authorization: 'Bearer secret' } });
      assert.equal(await response.text(), 'none');
    });
    it('refuses a redirect when told, and endless ones always', async () => {
      await using server = await serving((_request, response) =>
        response.writeHead(302, { location: '/again' }).end(),
      );
      await assert.rejects(make()(server.url, { redirect: 'error' }));
      await assert.rejects(make()(server.url, {}));
    });
    it('ends by its signal, before and after the answer', async () => {
      await using server = await serving((request, response) => {
        if (request.url === '/start') response.writeHead(200).write('part');
      });
      const before = make()(new URL('/silent', server.url), { signal: AbortSignal.timeout(20) });
      await assert.rejects(before, { name: 'TimeoutError' });
      const abort = new AbortController();
      const response = await make()(server.url, { signal: abort.signal });
      const reading = response.text();
      abort.abort();
      await assert.rejects(reading);
    });
    it('fails where nobody listens', async () => {
      await assert.rejects(make()(new URL('http://127.0.0.1:9/'), {}), (error: Error) =>
        /ECONNREFUSED|bad port/.test(messageOf(error.cause ?? error)),
      );
    });
    it("fails with the stream's own error", async () => {
      await using server = await serving((request) => void request.resume());
      const broken = ReadableStream.from(
        (async function* () {
          yield new Uint8Array(10);
          throw new Error('file changed');
        })(),
      );
      await assert.rejects(
        make()(server.url, { method: 'POST', body: broken, duplex: 'half' }),
        (error: Error) => /file changed/.test(messageOf(error.cause ?? error)),
      );
    });
  });
}

describe('createFetch', () => {
  it('uses a connection again', async () => {
    await using server = await serving(echo);
    const send = createFetch();
    for (const method of ['GET', 'POST', 'DELETE', 'GET']) await (await send(server.url, { method })).bytes();
    assert.equal(server.connections(), 1);
  });
  it('never goes from https to http', async () => {
    await using directory = await tempDir();
    const authority = testAuthority(directory.path);
    await using plain = await serving((_request, response) => response.end('anybody'));
    const secure = createSecureServer(authority.issue('waybill'), (_request, response) =>
      response.writeHead(302, { location: plain.url.href }).end(),
    );
    await once(secure.listen(0, '127.0.0.1'), 'listening');
    try {
      const url = new URL(`https://127.0.0.1:${(secure.address() as AddressInfo).port}/`);
      const send = createFetch({ ca: readFileSync(authority.caFile, 'utf8') });
      await assert.rejects(send(url, {}), /redirects from https to http:/);
      assert.equal(plain.connections(), 0);
    } finally {
      secure.closeAllConnections();
      secure.close();
    }
  });
  it('does not load the built-in fetch', () => {
    const script = `import { createFetch } from ${JSON.stringify(import.meta.resolve('./index.ts'))};
      await createFetch()(new URL('http://127.0.0.1:9/'), {}).catch(() => undefined);
      process.stdout.write(String(process.moduleLoadList.some((name) => name.includes('undici/undici'))));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    assert.equal(stdout, 'false');
  });
});
