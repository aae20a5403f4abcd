import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { isCoded, messageOf } from '@waybill/core';
import { type Reach, reachOf } from './address.ts';
import { createEgress, type EgressOptions } from './egress.ts';

const REACH: Readonly<Record<Reach, readonly string[]>> = {
  public: ['1.1.1.1', '172.15.0.1', '2606:4700::1111', '::ffff:8.8.8.8'],
  private: ['10.1.2.3', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fd12::1', '::ffff:10.0.0.1'],
  loopback: ['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1'],
  forbidden: [
    '169.254.169.254',
    '::ffff:169.254.169.254',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%lo',
    '0.0.0.0',
    '::',
    '224.0.0.1',
    '255.255.255.255',
    '64:ff9b::a9fe:a9fe',
    '2002:7f00:1::',
    '::7f00:1',
    '::ffff:a9fe:a9fe',
    '192.0.2.1',
    'localhost',
    '',
  ],
};

describe('reachOf', () => {
  for (const [reach, addresses] of Object.entries(REACH)) {
    it(`knows what is ${reach}`, () => {
      for (const address of addresses) assert.equal(reachOf(address), reach, address);
    });
  }
});

let server: Server;
let port: number;
let visits = 0;
let listener: RequestListener;

before(async () => {
  server = createServer((request, response) => {
    visits++;
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const at = (...addresses: readonly string[]): Pick<EgressOptions, 'resolve'> => ({
  resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
});
const LOOPBACK: Pick<EgressOptions, 'allow'> = { allow: ['loopback'] };

async function refusal(options: EgressOptions, url: string): Promise<string> {
  const before = visits;
  const error = await createEgress(options)
    .read(url)
    .then(
      () => assert.fail(`${url} was read`),
      (cause: unknown) => cause,
    );
  assert.ok(isCoded(error, 'egress_refused'), messageOf(error));
  assert.equal(visits, before, 'somebody was asked');
  return messageOf(error);
}

describe('an address that must not be dialled', () => {
  it('is refused by its own name, however it is written', async () => {
    for (const host of [
      '127.0.0.1',
      '[::1]',
      '2130706433',
      '0x7f.1',
      '[::ffff:7f00:1]',
      'localhost',
      '10.0.0.1',
    ]) {
      for (const scheme of ['http', 'https']) await refusal({ allow: [] }, `${scheme}://${host}:${port}/`);
    }
  });

  it('of a metadata service is refused whatever is allowed', async () => {
    for (const host of ['169.254.169.254', '[fd00:ec2::254]', '[fe80::1]']) {
      await refusal({ allow: ['private', 'loopback'] }, `https://${host}/latest`);
    }
  });

  it('is refused when one of the addresses of a name is such', async () => {
    await refusal({ allow: [], ...at('1.1.1.1', '127.0.0.1') }, `https://rebound.example:${port}/`);
  });

  it('is not reached by a name that changes between check and connection', async () => {
    let asked = 0;
    const resolve = async () => [{ address: asked++ === 0 ? '127.0.0.1' : '10.0.0.1', family: 4 }];
    listener = (_request, response) => response.end('{}');
    await createEgress({ ...LOOPBACK, resolve }).read(`http://rebound.example:${port}/`);
    assert.equal(asked, 1, 'the name was resolved again after the check');
  });

  it('is refused without https, and with a user name', async () => {
    await refusal({ allow: ['private'], ...at('10.0.0.1') }, 'http://login.example/');
    await refusal({ allow: [], ...at('1.1.1.1') }, 'https://a:b@login.example/');
    await refusal({ allow: [], ...at('1.1.1.1') }, 'file:///etc/passwd');
  });
});

describe('an answer', () => {
  const local = (options: Partial<EgressOptions> = {}) =>
    createEgress({ ...LOOPBACK, ...options }).read(`http://127.0.0.1:${port}/`);
  const isUnreachable = (error: unknown): boolean => isCoded(error, 'egress_unreachable');

  it('is read', async () => {
    listener = (_request, response) => response.end('{"a":1}');
    assert.equal(Buffer.from(await local()).toString(), '{"a":1}');
  });

  it('that redirects is not followed', async () => {
    listener = (request, response) =>
      request.url === '/' ? response.writeHead(302, { location: '/inside' }).end() : response.end('secret');
    const before = visits;
    await assert.rejects(local(), isUnreachable);
    assert.equal(visits, before + 1);
  });

  it('that is too large, too slow, or none is given up', async () => {
    listener = (_request, response) => response.end('x'.repeat(5000));
    await assert.rejects(local({ maxBytes: 4096 }), isUnreachable);
    listener = (_request, response) => void response.write('{');
    await assert.rejects(local({ timeoutMs: 100 }), isUnreachable);
    listener = (request) => request.socket.destroy();
    await assert.rejects(local(), isUnreachable);
    await assert.rejects(
      createEgress({ allow: [], resolve: async () => Promise.reject(new Error('NXDOMAIN')) }).read(
        'https://a.example',
      ),
      isUnreachable,
    );
  });
});
