/** What a robot account can do: on every route there is, also on one that is added tomorrow. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect, pushBlob } from '@waybill/clients/oci';
import { exchangeToken } from '@waybill/clients/oidc';
import { Secret } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { startAttester, type TestWorld, testWorld } from '@waybill/testkit';
import { bearer, bodyOf, DOCUMENT, fill, PEM, PUBLIC, routes, sendTo, split } from './all-routes.ts';

const BUILD = { project: 'warehouse', workflow: 'build' };
const OTHER = { project: 'warehouse', workflow: 'release' };

/** What it is for, and what it reads for that. Everything else answers 403 or 404. */
const MAY: Readonly<Record<string, string>> = {
  'GET /waybill/v1/me': 'who it is',
  'POST /waybill/v1/runs': 'a run of its workflow',
  'GET /waybill/v1/runs': 'runs of its workflow',
  'GET /waybill/v1/runs/:id': 'a run of its workflow',
  'POST /waybill/v1/runs/:id/cancel': 'a run of its workflow',
  'POST /waybill/v1/runs/:id/attestation': 'a run of its workflow',
  'GET /waybill/v1/runs/:id/state': 'a run of its workflow',
  'PUT /waybill/v1/runs/:id/state': 'a run of its workflow',
  'POST /waybill/v1/attestations': 'runs of its workflow; each is answered by itself',
  'GET /waybill/v1/runs/:id/bundle': 'a run of its workflow',
  'GET /waybill/v1/runs/:id/verdict': 'a run of its workflow',
  'GET /waybill/v1/workflows': 'its workflow',
  'GET /waybill/v1/workflows/:project/:name': 'its workflow',
  'GET /waybill/v1/trust/issuers/presets': 'a constant of the program',
  'GET /waybill/v1/contracts': 'what its workflow owes',
  'GET /waybill/v1/contracts/:name': 'what its workflow owes',
};
/** Guarded in another way: the registry, below, by its paths; a robot may end itself, as every token. */
const APART = /^\w+ \/v2|^DELETE \/waybill\/v1\/tokens\/:id$/;

let world: TestWorld;
let robot: Secret<string>;
let owned: Readonly<Record<string, string>>;
let foreign: Readonly<Record<string, string>>;

before(async () => {
  world = await testWorld();
  const { owner, ownerToken } = world;
  await owner.applyContract({ document: DOCUMENT });
  await owner.applyContract({ document: DOCUMENT.replace('release', 'unowed') });
  for (const { project, workflow } of [BUILD, OTHER]) {
    await owner.createWorkflow({ project, name: workflow, contract: 'release' });
  }
  robot = new Secret((await owner.createRobotAccount(BUILD, { name: 'gitlab' })).secret);
  const others = await owner.createRobotAccount(OTHER, { name: 'gitlab' });
  await owner.addKey({ name: 'mine', publicKey: PEM });
  const theirs = await startAttester({ client: owner, token: ownerToken, ...OTHER });
  const shared = { account: others.token.id, url: encodeURIComponent('https://x.example.com') };
  owned = { ...shared, ...BUILD, name: BUILD.workflow, id: '' };
  foreign = { ...shared, ...OTHER, name: OTHER.workflow, id: theirs.run.id };
});
after(() => world.close());

async function send(route: string, values: Readonly<Record<string, string>>) {
  const { method, url } = split(route);
  const body = bodyOf(route);
  const path = fill(url, { ...values, ...(url.includes('/contracts/') ? { name: 'release' } : {}) });
  return sendTo(world.url, { method, path, ...body, headers: { ...body.headers, ...bearer(robot) } });
}

describe('a robot account', () => {
  it('starts and pushes runs of its workflow, and reads them', async () => {
    const run = await startAttester({ client: world.as(robot), token: robot, ...BUILD });
    const program = await run.record('program', 'ARTIFACT', utf8('a program'), true);
    const receipt = await world
      .as(robot)
      .pushAttestation(run.run.id, await run.sign(run.predicate([program])));
    assert.equal(receipt.result, 'PASSED');
    for (const route of Object.keys(MAY)) {
      const values = { ...owned, id: run.run.id };
      const { status, body } = await send(route, values);
      // The run has ended, and what is sent is no bundle: past the question who may.
      const expected = /cancel|state$|attestations?$/.test(route) ? [400, 409] : [200, 201];
      assert.ok(expected.includes(status), `${route}: ${status} ${body}`);
    }
  });

  it('does nothing else on any route, nor anything for another workflow', async () => {
    const wrong: string[] = [];
    for (const route of routes) {
      if (route in PUBLIC || APART.test(route)) continue;
      const { status, body } = await send(route, foreign);
      // Lists show its own part; what has no workflow in its address is asked for by the body, below.
      const own = route in MAY && !split(route).url.includes(':');
      const isRefused = status === 403 || status === 404;
      if (!own && !isRefused && !(route === 'GET /waybill/v1/contracts/:name' && status === 200)) {
        wrong.push(`${route}: ${status} ${body}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('starts no run of another workflow, and sees neither its runs nor contracts that it does not owe', async () => {
    const client = world.as(robot);
    await assert.rejects(client.startRun(OTHER), { code: 'identity_forbidden' });
    await assert.rejects(client.describeContract('unowed'), { code: 'contract_not_found' });
    const { runs } = await client.listRuns(OTHER);
    assert.ok(runs.every(({ workflow }) => workflow === BUILD.workflow));
    assert.deepEqual(
      (await client.listWorkflows()).workflows.map(({ name }) => name),
      [BUILD.workflow],
    );
  });

  it('signs as its workflow and as no other', async () => {
    const { subject } = await exchangeToken({ url: world.url, token: robot });
    assert.equal(subject, 'default/warehouse/build');
    for (const workflow of [{ project: 'warehouse', name: 'release' }]) {
      await assert.rejects(exchangeToken({ url: world.url, token: robot, workflow }), {
        message: /invalid_scope/,
      });
    }
  });

  it('puts blobs into the repository of its workflow, and reads no other', async () => {
    const { host } = new URL(world.url);
    const registry = connect(host, { credentials: { username: 'x', password: robot } });
    await pushBlob(registry, 'default/warehouse/build', utf8('mine'));
    await pushBlob(registry, 'default/warehouse/build/image', utf8('mine'));
    for (const name of ['release', 'build2', 'image']) {
      await assert.rejects(pushBlob(registry, `default/warehouse/${name}`, utf8('mine')));
      for (const path of ['tags/list', 'manifests/v1']) {
        const { status } = await sendTo(world.url, {
          method: 'GET',
          path: `/v2/default/warehouse/${name}/${path}`,
          headers: bearer(robot),
        });
        assert.equal(status, 403, `${name} ${path}`);
      }
    }
    const { status } = await sendTo(world.url, {
      method: 'DELETE',
      path: '/v2/default/warehouse/build/manifests/v1',
      headers: bearer(robot),
    });
    assert.equal(status, 403);
  });

  it('may end itself, and no other token', async () => {
    const { account: id = '' } = owned;
    await assert.rejects(world.as(robot).revokeToken(id), { code: 'identity_forbidden' });
    const { token } = await world.as(robot).me();
    await world.as(robot).revokeToken(token.id);
    await assert.rejects(world.as(robot).me(), { code: 'identity_unauthenticated', message: /revoked/ });
  });
});

describe('/waybill/v1/workflows/:project/:name/robot-accounts', () => {
  it('is for workflows that are there', async () => {
    const nowhere = { project: 'warehouse', workflow: 'buidl' };
    const missing = { code: 'contract_workflow_not_found' };
    await assert.rejects(world.owner.createRobotAccount(nowhere, { name: 'x' }), missing);
    await assert.rejects(world.owner.listRobotAccounts(nowhere), missing);
  });

  it('shows the secret once and never again', async () => {
    const { secret } = await world.owner.createRobotAccount(BUILD, { name: 'once' });
    assert.match(secret, /^wb_[\w-]{43}$/);
    assert.ok(!JSON.stringify(await world.owner.listRobotAccounts(BUILD)).includes(secret));
  });
});
