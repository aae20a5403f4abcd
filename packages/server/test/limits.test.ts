/** How much one address or one token gets of the server, over real sockets. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Secret } from '@waybill/core';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { type Answer, bearer, routes, sendTo, split } from './all-routes.ts';

/** Each a burst of ten. */
const ONE = 1;
const limits = { tokenPerSecond: ONE };

let world: TestWorld;
before(async () => {
  world = await testWorld({ limits });
});
after(() => world.close());

const get = (path: string, headers: Readonly<Record<string, string>> = {}, on = world): Promise<Answer> =>
  sendTo(on.url, { method: 'GET', path, headers });

const isRefused = ({ status, headers }: Answer): boolean =>
  status === 429 && /^[1-9]\d?$/.test(headers['retry-after'] ?? '');

/** Asks until it is refused: however slow the machine is, the burst ends some time. Refused at once, it is `asked` 1. */
async function untilRefused(ask: () => Promise<Answer>): Promise<Answer & { readonly asked: number }> {
  for (let asked = 1; asked <= 100; asked++) {
    const answer = await ask();
    if (isRefused(answer)) return { ...answer, asked };
    assert.notEqual(answer.status, 429, 'without Retry-After');
  }
  return assert.fail('never refused');
}

describe('requests of one token', () => {
  it('are served up to its rate, through every door that it opens', async () => {
    const { secret } = await world.owner.createToken({ name: 'busy', role: 'member' });
    const headers = bearer(new Secret(secret));
    const refused = await untilRefused(() => get('/waybill/v1/me', headers));
    assert.ok(refused.asked > 10);
    assert.equal(JSON.parse(refused.body).code, 'rate_limited');
    assert.ok(!refused.body.includes(secret));
    const registry = await untilRefused(() => get('/v2/', headers));
    assert.equal(JSON.parse(registry.body).errors[0].code, 'TOOMANYREQUESTS');
    const authorization = `Basic ${Buffer.from(`x:${secret}`).toString('base64')}`;
    await untilRefused(() => get('/v2/token', { authorization }));
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: secret,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    };
    await untilRefused(() =>
      sendTo(world.url, {
        method: 'POST',
        path: '/oidc/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(form).toString(),
      }),
    );
    assert.equal((await get('/waybill/v1/me', bearer(world.ownerToken))).status, 200);
  });
});

describe('requests of one address', () => {
  it('are served up to its rate by every route but the one that says the process lives', async () => {
    const small = await testWorld({ limits: { addressPerSecond: ONE } });
    try {
      for (const route of routes) {
        const { method, url } = split(route);
        if (url === '/healthz') continue;
        const path = url.replaceAll(/:\w+|\*/g, 'x');
        await untilRefused(() => sendTo(small.url, { method, path, headers: bearer(small.ownerToken) }));
      }
      assert.equal((await get('/healthz', {}, small)).status, 200);
    } finally {
      await small.close();
    }
  });

  it('are counted by the address that a trusted proxy names, and by no header of anybody else', async () => {
    const from = (client: string) => ({ 'x-forwarded-for': client });
    for (const [trustedProxies, another] of [
      [['127.0.0.1'], true],
      [[], false],
      [['192.0.2.0/24'], false],
    ] as const) {
      const small = await testWorld({ limits: { addressPerSecond: ONE }, trustedProxies });
      try {
        const ask = (client: string) => () => get('/waybill/v1/info', from(client), small);
        assert.ok((await untilRefused(ask('198.51.100.1'))).asked > 10);
        const { asked } = await untilRefused(ask('198.51.100.2'));
        assert.equal(asked > 10, another);
        // What the client wrote itself stands before what the proxy added.
        assert.ok((await untilRefused(ask('203.0.113.9, 198.51.100.2'))).asked <= 10);
      } finally {
        await small.close();
      }
    }
  });
});

describe('failed sign-ins', () => {
  it('of one address end in 429 for every way to sign in, and not for who works there already', async () => {
    const small = await testWorld({ limits: { failedSignInsPerSecond: ONE } });
    try {
      assert.equal((await get('/waybill/v1/me', bearer(small.ownerToken), small)).status, 200);
      const wrong = { authorization: 'Bearer wb_wrong' };
      assert.ok((await untilRefused(() => get('/waybill/v1/me', wrong, small))).asked > 10);
      for (const path of ['/waybill/v1/me', '/v2/', '/v2/token'])
        await untilRefused(() => get(path, wrong, small));
      await untilRefused(() => get('/v2/', { authorization: 'Bearer eyJ.e.y' }, small));
      const password = `Basic ${Buffer.from('x:wb_wrong').toString('base64')}`;
      const guess = () => get('/v2/token', { authorization: password }, small);
      await untilRefused(guess);
      assert.equal((await get('/waybill/v1/me', bearer(small.ownerToken), small)).status, 200);
      assert.equal((await get('/waybill/v1/me', {}, small)).status, 401);
    } finally {
      await small.close();
    }
  });
});
