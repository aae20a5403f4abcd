/** Every write of `accept()` fails once, before and after it took effect; the retry is the same call, and nothing shows. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Receipt } from '@waybill/api';
import { isCoded } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import {
  type DatabaseProxy,
  databaseProxy,
  Faults,
  type LogView,
  type Stranger,
  startAttester,
  stranger,
  type TestWorld,
  testWorld,
} from '@waybill/testkit';

const AT = { project: 'p', workflow: 'build' };
const TIMES = ['before', 'after'] as const;
/** A write that the plan no longer reaches ends the table; more than this would never end. */
const MOST_WRITES = 200;

let proxy: DatabaseProxy;
let world: TestWorld;
let anybody: Stranger;
let log: LogView;
const faults = new Faults();

before(async () => {
  proxy = await databaseProxy();
  world = await testWorld({ databaseProxy: proxy, blobs: (driver) => faults.blobs(driver) });
  await world.owner.applyContract({
    document:
      'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: release }\nspec:\n  materials:\n' +
      '    - { type: ARTIFACT, name: program, output: true }\n',
  });
  await world.owner.createWorkflow({ project: AT.project, name: AT.workflow, contract: 'release' });
  anybody = stranger(world.url, await world.owner.trustedRoot());
  log = await anybody.readLog();
  // The server's own certificate for verdicts is made once.
  await check(await push(await prepare('the first')));
});
after(() => world.close());

interface Order {
  readonly runId: string;
  readonly bundle: string;
}

async function prepare(text: string): Promise<Order> {
  const attester = await startAttester({ client: world.owner, token: world.ownerToken, ...AT });
  const materials = [await attester.record('program', 'ARTIFACT', utf8(text), true)];
  return { runId: attester.run.id, bundle: await attester.sign(attester.predicate(materials)) };
}

const push = ({ runId, bundle }: Order): Promise<Receipt> => world.owner.pushAttestation(runId, bundle);

/** A fault of ours is "try again", and no word about the tenant. */
async function pushUnderFault(order: Order): Promise<'answered' | 'failed'> {
  try {
    await push(order);
    return 'answered';
  } catch (error) {
    assert.ok(isCoded(error), String(error));
    assert.equal(error.detail['status'], 503, `${error.code}: ${error.message}`);
    const { state } = await world.owner.describeRun(order.runId);
    assert.ok(state === 'INITIALIZED' || state === 'PASSED', state);
    return 'failed';
  }
}

/** One verdict, whatever happened on the way: rows, receipt, log, referrers, event and audit. */
async function check(receipt: Receipt): Promise<void> {
  const { runId } = receipt;
  assert.equal(receipt.result, 'PASSED');
  const run = await world.owner.describeRun(runId);
  assert.deepEqual([run.state, run.receipt], ['PASSED', receipt]);
  const count = async (from: string): Promise<number> =>
    (await world.rows(`select 1 from ${from}`, [runId])).length;
  assert.equal(await count('attestation_attestations where run_id = $1'), 1);
  assert.equal(await count('attestation_verdicts where run_id = $1'), 1);
  assert.equal(await count(`ground_outbox where data->>'runId' = $1`), 1);
  assert.equal(
    await count(
      `ground_audit where target = 'run:' || $1 and action = 'attestation.accept' and outcome = 'ok'`,
    ),
    1,
  );
  const { manifests } = await referrersOf(receipt);
  assert.equal(manifests.length, 3);
  log = await anybody.readLog(log);
  const signer = `${world.url}/oidc/default/${AT.project}/${AT.workflow}`;
  await anybody.verifyEvidence(receipt, { client: world.owner, signer, entries: log.entries });
}

async function referrersOf({ manifestDigest }: Receipt): Promise<{ readonly manifests: readonly unknown[] }> {
  const response = await fetch(`${world.url}/v2/default/p/build/referrers/${manifestDigest}`, {
    headers: { authorization: `Bearer ${world.ownerToken.reveal()}` },
  });
  assert.equal(response.status, 200);
  return (await response.json()) as { readonly manifests: readonly unknown[] };
}

/** Plans a fault at each write in turn until a push no longer reaches it; the number of those that failed. */
async function table(
  name: string,
  fault: { plan(nth: number, when: 'before' | 'after'): void; readonly hit: boolean },
): Promise<number> {
  let failed = 0;
  for (const when of TIMES) {
    for (let nth = 1; ; nth++) {
      assert.ok(nth < MOST_WRITES);
      const order = await prepare(`${name} ${nth} ${when}`);
      fault.plan(nth, when);
      const outcome = await pushUnderFault(order);
      const { hit } = fault;
      fault.plan(0, when);
      if (outcome === 'failed') failed++;
      await check(await push(order));
      if (!hit) break;
    }
  }
  return failed;
}

describe('accept: fault table', () => {
  it('survives a fault in each write of the blob store and of the log', async () => {
    const failed = await table('blobs', faults);
    // Two batches of the log with bundle, tile and checkpoint, and two bundles; files that the log removes may stay.
    assert.ok(failed >= 16, `only ${failed} cases`);
  });

  it('survives the loss of the database at each exchange, and of each answer, that of the commit too', async () => {
    const failed = await table('database', {
      plan: (nth, when) => proxy.cut(nth, when),
      get hit() {
        return proxy.hit;
      },
    });
    assert.ok(failed >= 20, `only ${failed} cases`);
  });
});
