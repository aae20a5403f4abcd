import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { CodedError, Secret } from '@waybill/core';
import { toBase64Url, utf8 } from '@waybill/core/bytes';
import fc from 'fast-check';
import { exchangeToken } from './index.ts';

const token = new Secret(`wb_${'a'.repeat(43)}`);
const jwt = `e30.${toBase64Url(utf8('{"sub":"default/demo/build"}'))}.c2ln`;

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

const answering =
  (status: number, body: string): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);

describe('exchangeToken', () => {
  it('sends the form of RFC 8693 and reads the ID token', async () => {
    let sent = new URLSearchParams();
    const issued = await against(
      (request, response) => {
        void text(request).then((body) => {
          sent = new URLSearchParams(body);
          response.end(JSON.stringify({ access_token: jwt, expires_in: 600 }));
        });
      },
      (url) => exchangeToken({ url, token, workflow: { project: 'demo', name: 'build' } }),
    );
    assert.equal(issued.jwt.reveal(), jwt);
    assert.equal(issued.subject, 'default/demo/build');
    assert.equal(issued.expiresInSeconds, 600);
    assert.deepEqual(Object.fromEntries(sent), {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: token.reveal(),
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      requested_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      audience: 'sigstore',
      scope: 'workflow:demo/build',
    });
  });

  it("passes on the server's reason for a refusal", async () => {
    const body = JSON.stringify({ error: 'invalid_scope', error_description: 'not inside project demo' });
    await assert.rejects(
      against(answering(400, body), (url) => exchangeToken({ url, token })),
      { code: 'oidc_refused', message: /invalid_scope.*not inside project demo/ },
    );
  });

  it('follows no redirect, which would carry the API token elsewhere', async () => {
    let elsewhere = 0;
    const thief: RequestListener = (_request, response) => {
      elsewhere++;
      response.end();
    };
    await against(thief, (other) =>
      assert.rejects(
        against(
          (_request, response) => response.writeHead(307, { location: `${other}/oidc/token` }).end(),
          (url) => exchangeToken({ url, token }),
        ),
        { code: 'oidc_unreachable' },
      ),
    );
    assert.equal(elsewhere, 0);
  });

  it('says that nobody answered', async () => {
    const gone = await against(answering(200, ''), async (url) => url);
    await assert.rejects(exchangeToken({ url: gone, token }), { code: 'oidc_unreachable' });
    await assert.rejects(
      against(
        () => undefined,
        (url) => exchangeToken({ url, token, timeoutMs: 50 }),
      ),
      { code: 'oidc_unreachable' },
    );
  });

  it('gives a coded error for any answer, never a raw exception', async () => {
    let body = '';
    await against(
      (_request, response) => response.end(body),
      (url) =>
        fc.assert(
          fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (answer) => {
            body = answer;
            await assert.rejects(exchangeToken({ url, token }), (error) => error instanceof CodedError);
          }),
          { numRuns: 150 },
        ),
    );
  });
});
