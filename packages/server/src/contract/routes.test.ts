import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type TestDatabase, testDatabase } from '@waybill/testkit';
import { type App, createHttp, createLog, createSeal } from '../ground/index.ts';
import {
  bootstrap,
  checkIssuer,
  IDENTITY_PROBLEMS,
  type IdentityDeps,
  openIdentity,
} from '../identity/index.ts';
import { CONTRACT_PROBLEMS, contractRoutes } from './index.ts';

let t: TestDatabase;
let app: App;
let identity: IdentityDeps;
let authorization: string;

before(async () => {
  t = await testDatabase();
  const log = createLog('silent');
  const clock = () => new Date('2026-11-24T08:00:00Z');
  const publicUrl = 'http://127.0.0.1:7070';
  const ground = { db: t.db, clock, log, publicUrl, seal: createSeal(new Uint8Array(32).fill(7)) };
  await checkIssuer(ground, publicUrl);
  const { ownerToken } = await bootstrap(ground);
  identity = await openIdentity(ground);
  authorization = `Bearer ${ownerToken?.reveal()}`;
  const problems = { ...IDENTITY_PROBLEMS, ...CONTRACT_PROBLEMS };
  app = createHttp({ log, problems, version: '0', publicUrl, ready: async () => [] });
  await app.register(contractRoutes({ db: t.db, clock, identity, countRuns: async () => [] }));
});
after(async () => {
  await app.close();
  await identity.usage.settle();
  await t.close();
});

async function call(method: 'GET' | 'POST', url: string, payload?: object) {
  const answer = await app.inject({
    method,
    url,
    headers: { authorization },
    ...(payload ? { payload } : {}),
  });
  return { status: answer.statusCode, body: answer.json() as Record<string, unknown> };
}

const document =
  'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: {name: build}\nspec:\n  materials: [{name: a, type: SARIF}]\n';

describe('contractRoutes', () => {
  it('applies, lists and describes contracts', async () => {
    const applied = await call('POST', '/waybill/v1/contracts', { document });
    assert.equal(applied.status, 200);
    assert.equal(applied.body['revision'], 1);
    assert.equal(applied.body['changed'], true);
    assert.equal((await call('POST', '/waybill/v1/contracts', { document })).body['changed'], false);
    const { contracts } = (await call('GET', '/waybill/v1/contracts')).body as {
      contracts: { name: string }[];
    };
    assert.deepEqual(
      contracts.map((item) => item.name),
      ['build'],
    );
    const detail = await call('GET', '/waybill/v1/contracts/build?revision=1');
    assert.equal(detail.body['document'], document);
    assert.equal((detail.body['contract'] as { schema: string }).schema, 'v2');
  });

  it('answers a faulty document with the place of every fault', async () => {
    const wrong = document.replace('SARIF', 'SARIFF');
    const answer = await call('POST', '/waybill/v1/contracts', { document: wrong, filename: 'c.yaml' });
    assert.equal(answer.status, 422);
    assert.equal(answer.body['code'], 'contract_invalid');
    const [finding] = answer.body['findings'] as { line: number; suggestion: string }[];
    assert.deepEqual([finding?.line, finding?.suggestion], [5, 'SARIF']);
  });

  it('creates, lists and describes workflows', async () => {
    await call('POST', '/waybill/v1/contracts', { document });
    const made = await call('POST', '/waybill/v1/workflows', {
      project: 'demo',
      name: 'build',
      contract: 'build',
    });
    assert.equal(made.status, 201);
    assert.equal(
      (await call('POST', '/waybill/v1/workflows', { project: 'demo', name: 'build', contract: 'build' }))
        .status,
      409,
    );
    const listed = (await call('GET', '/waybill/v1/workflows?project=demo')).body as { workflows: unknown[] };
    assert.deepEqual(listed.workflows, [made.body]);
    assert.deepEqual((await call('GET', '/waybill/v1/workflows/demo/build')).body, made.body);
  });

  it('answers what is not there, and nobody, with a coded problem', async () => {
    for (const [url, status, code] of [
      ['/waybill/v1/contracts/none', 404, 'contract_not_found'],
      ['/waybill/v1/contracts/a%00b', 400, 'request_malformed'],
      ['/waybill/v1/workflows?project=%00', 400, 'request_malformed'],
      ['/waybill/v1/contracts/build?revision=99', 404, 'contract_revision_not_found'],
      ['/waybill/v1/contracts/build?revision=0', 400, 'request_invalid'],
      ['/waybill/v1/workflows/demo/none', 404, 'contract_workflow_not_found'],
      ['/waybill/v1/workflows/..%2f/x', 404, 'contract_workflow_not_found'],
    ] as const) {
      const answer = await call('GET', url);
      assert.deepEqual([answer.status, answer.body['code']], [status, code], url);
    }
    const nobody = await app.inject({ method: 'GET', url: '/waybill/v1/contracts' });
    assert.equal(nobody.statusCode, 401);
  });
});
