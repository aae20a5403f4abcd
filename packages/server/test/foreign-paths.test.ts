/** What is not there, on the paths of Fulcio, Rekor v2 and the timestamp authority: as those answer (seen by asking them). */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type TestWorld, testWorld } from '@waybill/testkit';

let world: TestWorld;
before(async () => {
  world = await testWorld();
});
after(() => world.close());

const NOT_FOUND = { status: 404, body: { code: 5, message: 'Not Found', details: [] } };
/** Upstream's status is 501: see foreign-paths.ts. */
const NOT_ALLOWED = { status: 405, body: { code: 12, message: 'Method Not Allowed', details: [] } };
const openApi = (status: number, message: string) => ({ status, body: { code: status, message } });

/** fulcio 1.8.8, rekor-tiles 2.3, timestamp-server 2.1.3, each asked the same. */
const CASES = [
  ['GET', '/api/v2/signingCert', NOT_ALLOWED],
  ['PUT', '/api/v2/signingCert', NOT_ALLOWED],
  ['POST', '/api/v2/trustBundle', NOT_ALLOWED],
  ['GET', '/api/v2/nothing', NOT_FOUND],
  ['GET', '/api/v2/log/entries', NOT_ALLOWED],
  ['PUT', '/api/v2/log/entries?x=1', NOT_ALLOWED],
  ['POST', '/api/v2/checkpoint', NOT_ALLOWED],
  ['GET', '/api/v1/timestamp', openApi(405, 'method GET is not allowed, but [POST] are')],
  ['DELETE', '/api/v1/timestamp', openApi(405, 'method DELETE is not allowed, but [POST] are')],
  ['POST', '/api/v1/timestamp/certchain', openApi(405, 'method POST is not allowed, but [GET] are')],
  ['GET', '/api/v1/nothing', openApi(404, 'path /api/v1/nothing was not found')],
] as const;

describe('paths of other people', () => {
  for (const [method, path, expected] of CASES) {
    it(`answers ${method} ${path} with ${expected.status} and the body of its own kind`, async () => {
      const answer = await fetch(`${world.url}${path}`, { method });
      assert.equal(answer.status, expected.status);
      assert.match(answer.headers.get('content-type') ?? '', /^application\/json\b/);
      assert.deepEqual(await answer.json(), expected.body);
    });
  }

  it('keeps to problems on its own paths', async () => {
    for (const [method, path, status] of [
      ['DELETE', '/waybill/v1/trust/trusted-root', 405],
      ['GET', '/waybill/v1/nothing', 404],
    ] as const) {
      const answer = await fetch(`${world.url}${path}`, { method });
      assert.equal(answer.status, status);
      assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json\b/);
    }
  });
});
