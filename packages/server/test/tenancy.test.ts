/** The first wall between tenants stands without the second: queries name their organisation themselves. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { digestOf } from '@waybill/core/digest';
import { startAttester, stringMaterial, type TestWorld, testWorld } from '@waybill/testkit';
import * as attestations from '../src/attestation/queries.ts';
import * as gate from '../src/gate/queries.ts';

let world: TestWorld;
before(async () => {
  world = await testWorld();
});
after(() => world.close());

describe('queries of runs, verdicts and decisions', () => {
  it('find and change nothing when they run as the system by mistake', async () => {
    const { owner, ownerToken, db } = world;
    const document =
      'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: note }\nspec:\n  materials:\n    - { type: STRING, name: note }\n';
    await owner.applyContract({ document });
    await owner.createWorkflow({ project: 'p', name: 'w', contract: 'note' });
    const start = () => startAttester({ client: owner, token: ownerToken, project: 'p', workflow: 'w' });
    const [open, done] = [await start(), await start()];
    const note = stringMaterial('note', 'x');
    await owner.pushAttestation(done.run.id, await done.sign(done.predicate([note])));
    const decision = await owner.ask({ subject: { digest: note.digest }, context: { contract: 'note' } });
    assert.equal(decision.outcome, 'allow');

    const now = new Date();
    const about = { subject: digestOf(Buffer.from('x')), contract: 'note', limit: 10 };
    const found = await db.asSystem(async (tx) => [
      await attestations.findRun(tx, open.run.id, now),
      ...(await attestations.listRunRows(tx, { limit: 10 }, now)),
      await attestations.findAttestation(tx, done.run.id),
      ...(await attestations.findVerdicts(tx, about)),
      (await attestations.countVerdicts(tx, about)) || null,
      (await attestations.endRun(tx, open.run.id, { state: 'CANCELLED', at: now })) || null,
      await gate.findDecision(tx, decision.id, null),
    ]);
    assert.deepEqual(found, [null, null, null, null, null]);
    assert.equal((await owner.describeRun(open.run.id)).state, 'INITIALIZED');
  });
});
