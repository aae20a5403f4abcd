import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls';
import { isCoded } from '@waybill/core';
import { type TempDir, type TestAuthority, tempDir, testAuthority } from '@waybill/testkit';
import { type App, createHttp } from '../http/http.ts';
import { createLog } from '../log/log.ts';
import { readPair } from './certificate.ts';
import { openTls, type Tls } from './tls.ts';

let directory: TempDir;
let authority: TestAuthority;
let app: App;
let tls: Tls;
let port: number;
const lines: string[] = [];
const log = createLog('info', { destination: { write: (line: string) => void lines.push(line) } });
const place = (name: string): string => join(directory.path, name);

/** The key first: a reader in between sees half a pair. */
function install(pair: { readonly cert: string; readonly key: string }): void {
  writeFileSync(place('tls.key'), pair.key, { mode: 0o600 });
  writeFileSync(place('tls.crt'), pair.cert);
}

const files = () => ({
  certFile: place('tls.crt'),
  keyFile: place('tls.key'),
  minVersion: 'TLSv1.2' as const,
});

before(async () => {
  directory = await tempDir();
  authority = testAuthority(directory.path);
  install(authority.issue('first'));
  const publicUrl = 'https://127.0.0.1';
  tls = openTls({ files: files(), publicUrl, log, clock: () => new Date(), pollMs: 20 });
  app = createHttp({ log, problems: {}, version: '1', publicUrl, ready: async () => [], tls });
  await app.listen({ host: '127.0.0.1', port: 0 });
  port = (app.server.address() as AddressInfo).port;
});
after(async () => {
  await app.close();
  await directory.remove();
});

async function handshake(options: { readonly maxVersion?: 'TLSv1.2' } = {}): Promise<PeerCertificate> {
  const socket = connectTls({ host: '127.0.0.1', port, ca: authority.ca, ...options });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerCertificate();
  socket.destroy();
  return certificate;
}

/** Whatever the server does to it, it only ends. */
function rawClient(
  at: number,
  bytes: Uint8Array,
): { readonly socket: Socket; readonly closed: Promise<void> } {
  const socket = connectTcp(at, '127.0.0.1').resume();
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  socket.write(bytes);
  return { socket, closed };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly shown: string;
  readonly reused: boolean;
}

async function get(agent: Agent): Promise<Answer> {
  const request = httpsRequest({ host: '127.0.0.1', port, path: '/healthz', ca: authority.ca, agent });
  request.end();
  const [response] = await once(request, 'response');
  response.resume();
  await once(response, 'end');
  const shown = (request.socket as TLSSocket).getPeerCertificate().subject.CN;
  return {
    status: response.statusCode,
    headers: response.headers,
    shown: String(shown),
    reused: request.reusedSocket,
  };
}

/** Until new connections see the certificate of this name; the files are looked at every 20 ms. */
async function untilShown(commonName: string): Promise<void> {
  const ends = Date.now() + 10_000;
  while ((await handshake()).subject.CN !== commonName) {
    assert.ok(Date.now() < ends, `${commonName} is not shown: ${lines.slice(-3).join('')}`);
  }
}

describe('a server with a certificate', () => {
  it('serves HTTPS, and tells browsers to stay with it', async () => {
    const agent = new Agent();
    const { status, headers, shown } = await get(agent);
    assert.deepEqual([status, shown], [200, 'first']);
    assert.match(String(headers['strict-transport-security']), /^max-age=\d{8}/);
    agent.destroy();
  });

  it('tells plain HTTP to use TLS, without a redirect', async () => {
    const socket = connectTcp(port, '127.0.0.1');
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\nauthorization: Bearer wb_x\r\n\r\n');
    let text = '';
    for await (const piece of socket.setEncoding('utf8')) text += piece;
    assert.match(text, /^HTTP\/1\.1 400 /);
    assert.match(text, /"code":"tls_required"/);
    assert.match(text, /use https:\/\/127\.0\.0\.1\. Whatever token was sent/);
  });

  it('survives what is neither, and peers that leave', async () => {
    for (const bytes of [
      Buffer.from([22]),
      Buffer.from([22, 3, 1, 0, 5, 1, 2, 3, 4, 5]),
      Buffer.alloc(70_000, 22),
    ]) {
      const { socket, closed } = rawClient(port, bytes);
      if (bytes.length === 1) socket.destroy();
      await closed;
    }
    assert.equal((await handshake()).subject.CN, 'first');
  });
});

describe('an exchanged certificate', () => {
  it('is seen by new connections, while open ones go on', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    assert.equal((await get(agent)).shown, 'first');
    install(authority.issue('second'));
    assert.equal(tls.reload(), true);
    assert.equal((await handshake()).subject.CN, 'second');
    const { status, shown, reused } = await get(agent);
    assert.deepEqual([status, shown, reused], [200, 'first', true]);
    agent.destroy();
  });

  it('is noticed by itself', async () => {
    install(authority.issue('third'));
    await untilShown('third');
  });

  it('that is broken changes nothing and is logged', async () => {
    const good = authority.issue('fourth');
    install({ cert: good.cert, key: authority.issue('other').key });
    lines.length = 0;
    assert.equal(tls.reload(), false);
    assert.match(lines.join(''), /the old one stays in use until .*is not that of the first certificate/);
    assert.equal((await handshake()).subject.CN, 'third');
    install(good);
    await untilShown('fourth');
  });
});

describe('close', () => {
  it('does not wait for a client that never finishes its handshake', { timeout: 8000 }, async () => {
    const publicUrl = 'https://127.0.0.1';
    const other = openTls({ files: files(), publicUrl, log, clock: () => new Date() });
    const second = createHttp({
      log,
      problems: {},
      version: '1',
      publicUrl,
      ready: async () => [],
      tls: other,
    });
    await second.listen({ host: '127.0.0.1', port: 0 });
    const at = (second.server.address() as AddressInfo).port;
    const clients = [Buffer.alloc(0), Buffer.from([22, 3, 1, 1, 0])].map((bytes) => rawClient(at, bytes));
    await Promise.all(clients.map(({ socket }) => once(socket, 'connect')));
    await second.close();
    await Promise.all(clients.map(({ closed }) => closed));
  });
});

describe('readPair', () => {
  function refusal(): string {
    try {
      readPair(files());
    } catch (error) {
      assert.ok(isCoded(error, 'tls_invalid'));
      return error.message;
    }
    return assert.fail('expected a refusal');
  }

  it('says which file is wrong and how, without a word of the key', () => {
    const pair = authority.issue('fifth');
    install(pair);
    readPair(files());
    const cases: readonly [cert: string, key: string, says: RegExp][] = [
      ['nothing', pair.key, /tls\.crt begins with no certificate in PEM/],
      [pair.cert, 'nothing', /tls\.key holds no private key in PEM/],
      [pair.key, pair.key, /tls\.crt begins with no certificate/],
      [pair.cert, pair.cert, /tls\.key holds no private key/],
      [authority.ca + pair.cert, pair.key, /not that of the first certificate.*CN=Test authority/],
      [
        `${pair.cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
        pair.key,
        /cannot be used for TLS/,
      ],
    ];
    for (const [cert, key, says] of cases) {
      install({ cert, key });
      assert.match(refusal(), says);
      assert.doesNotMatch(refusal(), new RegExp(pair.key.split('\n')[1] ?? '^$'));
    }
    renameSync(place('tls.key'), place('away.key'));
    assert.match(refusal(), /cannot read the private key .*tls\.key \(ENOENT\)/);
    chmodSync(place('away.key'), 0o600);
    renameSync(place('away.key'), place('tls.key'));
  });

  it('warns of a certificate for another host', () => {
    install(authority.issue('sixth'));
    lines.length = 0;
    openTls({ files: files(), publicUrl: 'https://waybill.example', log, clock: () => new Date() }).close();
    assert.match(lines.join(''), /not for waybill\.example, the host of the public URL/);
    lines.length = 0;
    const clock = () => new Date(Date.now() + 5 * 86_400_000);
    openTls({ files: files(), publicUrl: 'https://127.0.0.1', log, clock }).close();
    assert.match(lines.join(''), /ended at .*: renew it/);
  });
});
