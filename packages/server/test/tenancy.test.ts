/** The first wall between tenants stands without the second: queries name their organisation themselves. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Secret } from '@waybill/core';
import { digestOf } from '@waybill/core/digest';
import { startAttester, stringMaterial, type TestWorld, testWorld } from '@waybill/testkit';
import { expireStates } from '../src/attestation/index.ts';
import * as attestations from '../src/attestation/queries.ts';
import * as states from '../src/attestation/queries/states.ts';
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
    await owner.keepRunState(open.run.id, { after: 0, sealed: 'c2VhbGVk' });
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
      await states.findState(tx, open.run.id),
      await states.replaceState(tx, { runId: open.run.id, after: 1, sealed: Buffer.from('x'), now }),
      await gate.findDecision(tx, decision.id, null),
    ]);
    assert.deepEqual(found, [null, null, null, null, null, null, null]);
    assert.equal((await owner.describeRun(open.run.id)).state, 'INITIALIZED');
  });
});

describe('the state that a client keeps of a run', () => {
  it('is for those who may attest it, replaced on top of the newest alone, and gone with the end', async () => {
    const { owner, ownerToken } = world;
    const { run } = await startAttester({ client: owner, token: ownerToken, project: 'p', workflow: 'w' });
    const keep = (after: number) => owner.keepRunState(run.id, { after, sealed: 'c2VhbGVk' });
    assert.deepEqual(await keep(0), { revision: 1 });
    assert.deepEqual(await keep(1), { revision: 2 });
    for (const after of [0, 1, 3]) await assert.rejects(keep(after), { code: 'attestation_state_conflict' });
    // Of many at once on the same revision one is the next.
    const raced = await Promise.allSettled(Array.from({ length: 8 }, () => keep(2)));
    assert.equal(raced.filter(({ status }) => status === 'fulfilled').length, 1);

    const viewer = await owner.createToken({ name: 'auditor', role: 'viewer' });
    const reader = world.as(new Secret(viewer.secret));
    assert.equal((await reader.describeRun(run.id)).state, 'INITIALIZED');
    await assert.rejects(reader.readRunState(run.id), { code: 'identity_forbidden' });
    const { client: stranger } = await world.stranger('elsewhere');
    await assert.rejects(stranger.readRunState(run.id), { code: 'attestation_run_not_found' });
    await assert.rejects(stranger.keepRunState(run.id, { after: 3, sealed: 'eA==' }), {
      code: 'attestation_run_not_found',
    });

    const kept = () => world.rows('select 1 from attestation_states where run_id = $1', [run.id]);
    assert.equal((await kept()).length, 1);
    await owner.cancelRun(run.id, {});
    assert.deepEqual(await kept(), []);
    await assert.rejects(keep(0), { code: 'attestation_run_ended' });
  });

  it('goes when its run has expired, by a job', async () => {
    const { owner, ownerToken, db } = world;
    const start = () => startAttester({ client: owner, token: ownerToken, project: 'p', workflow: 'w' });
    const [expired, open] = [await start(), await start()];
    for (const { run } of [expired, open]) await owner.keepRunState(run.id, { after: 0, sealed: 'eA==' });
    await world.rows(`update attestation_runs set expires_at = now() where id = $1`, [expired.run.id]);
    await expireStates({ db, clock: () => new Date() });
    await assert.rejects(owner.readRunState(expired.run.id), { code: 'attestation_run_ended' });
    assert.equal((await owner.readRunState(open.run.id)).sealed, 'eA==');
    const rows = await world.rows('select 1 from attestation_states where run_id = $1', [expired.run.id]);
    assert.deepEqual(rows, []);
  });
});
