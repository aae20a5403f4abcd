import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { Secret } from '@waybill/core';
import { createFetch } from '../http/index.ts';
import { generateEphemeralKey } from '../keys/index.ts';
import { ambientToken, exchangeToken } from '../oidc/index.ts';
import { certificateFor, logEntryOf, timestampOf } from './index.ts';

async function against<T>(answer: RequestListener, work: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const key = generateEphemeralKey();
const identity = { jwt: new Secret('a.b.c'), subject: 'a' };
const logged = {
  signed: Buffer.from('a'),
  signature: Buffer.from('s'),
  publicKey: key.publicKey,
  certificate: null,
};
const env = { ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x' };

/** What is asked of a service, by a client that is given its address. */
const QUESTIONS: Readonly<Record<string, (url: string) => Promise<unknown>>> = {
  certificateFor: (url) => certificateFor({ url, fetch: createFetch() }, identity, key),
  timestampOf: (url) => timestampOf({ url, fetch: createFetch() }, Buffer.from('s')),
  logEntryOf: (url) => logEntryOf({ url, fetch: createFetch() }, logged),
  exchangeToken: (url) => exchangeToken({ url, token: new Secret('wb_'), fetch: createFetch() }),
  ambientToken: (url) =>
    ambientToken({
      env: { ...env, ACTIONS_ID_TOKEN_REQUEST_URL: url },
      now: new Date(),
      fetch: createFetch(),
    }),
};

/** What nobody reads any more by then is a fault; the flood ends, so that this shows as one. */
const FLOOD_BYTES = 64 * 1024 * 1024;

describe('an answer without an end', () => {
  for (const [name, question] of Object.entries(QUESTIONS)) {
    it(`is cut off by ${name} while it is read`, async () => {
      let sentBytes = 0;
      const endless: RequestListener = (request, response) => {
        request.resume();
        const more = () => {
          while (sentBytes < FLOOD_BYTES && response.write(Buffer.alloc(65_536, 32))) sentBytes += 65_536;
          sentBytes += 65_536;
          if (sentBytes >= FLOOD_BYTES) response.end();
        };
        response.on('drain', more);
        more();
      };
      await assert.rejects(against(endless, question), (error: { code?: string }) =>
        /^(sigstore|oidc)_protocol$/.test(error.code ?? ''),
      );
      assert.ok(sentBytes < FLOOD_BYTES / 2, `${sentBytes} bytes were read`);
    });
  }
});

describe('logEntryOf', () => {
  it('says that an entry which the log has already cannot be found, or whose answer is none', async () => {
    const answering =
      (status: number, headers: Record<string, string>, body = '{}'): RequestListener =>
      (_request, response) =>
        response.writeHead(status, headers).end(body);
    const question = QUESTIONS['logEntryOf'] as (url: string) => Promise<unknown>;
    const rejected = (answer: RequestListener, code: string, message: RegExp) =>
      assert.rejects(against(answer, question), { code, message });
    await rejected(answering(409, {}), 'sigstore_protocol', /does not say where/);
    await rejected(answering(409, { 'x-log-index': '../1' }), 'sigstore_protocol', /does not say where/);
    await rejected(answering(201, {}), 'sigstore_protocol', /without a log entry/);
    await rejected(answering(200, {}), 'sigstore_refused', /refused \(200\)/);
    await rejected(answering(503, {}, '{"message":"full"}'), 'sigstore_refused', /refused \(503\): full/);
  });
});
