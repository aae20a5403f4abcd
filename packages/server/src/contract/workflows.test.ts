import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { CodedError } from '@waybill/core';
import type { Principal } from '../identity/index.ts';
import { type ContractWorld, coded, contractText, contractWorld, principal } from './fixture.ts';
import {
  applyContract,
  createWorkflow,
  deleteContract,
  deleteWorkflow,
  describeWorkflow,
  listWorkflows,
  resolveForRun,
  updateWorkflow,
} from './index.ts';

let w: ContractWorld;
before(async () => {
  w = await contractWorld();
});
after(() => w.close());

/** An owner with the contracts `c` (two revisions) and `d`, and the workflow `p/<name>` under `c`. */
async function withWorkflow(name: string, more: object = {}): Promise<Principal> {
  const owner = principal();
  for (const document of [contractText('c'), `${contractText('c')}# 2\n`, contractText('d')]) {
    await applyContract(w.deps, owner, { document });
  }
  await createWorkflow(w.deps, owner, { project: 'p', name, contract: 'c', ...more });
  return owner;
}

const named = (name: string) => ({ project: 'p', name });
const resolve = (owner: Principal, workflow: string) =>
  w.t.db.withOrg(owner.orgId, (tx) => resolveForRun(tx, { project: 'p', workflow, at: w.now }));

describe('listWorkflows', () => {
  it('says how many runs there are and what became of the last', async () => {
    const owner = await withWorkflow('ran');
    await createWorkflow(w.deps, owner, { project: 'p', name: 'idle', contract: 'c' });
    const { workflows } = await listWorkflows(w.deps, owner);
    assert.deepEqual(
      workflows.map(({ name, runs, lastRun }) => [name, runs, lastRun?.state ?? null]),
      [
        ['idle', 0, null],
        ['ran', 3, 'PASSED'],
      ],
    );
  });

  it('is narrowed by project, contract, team and part of the name, by names and ids', async () => {
    const owner = await withWorkflow('build-app', { team: 'cyberdyne core' });
    await createWorkflow(w.deps, owner, { project: 'q', name: 'build-lib', contract: 'd' });
    await createWorkflow(w.deps, owner, { project: 'q', name: 'test', contract: 'c' });
    const found = async (query: Parameters<typeof listWorkflows>[2]) =>
      (await listWorkflows(w.deps, owner, query)).workflows.map(({ name }) => name).join(' ');
    assert.equal(await found({ project: 'q' }), 'build-lib test');
    assert.equal(await found({ contract: 'd' }), 'build-lib');
    assert.equal(await found({ team: 'cyberdyne core' }), 'build-app');
    assert.equal(await found({ name: 'build' }), 'build-app build-lib');
    assert.equal(await found({ name: 'build', project: 'q', contract: 'c' }), '');
    const { contractId } = await describeWorkflow(w.deps, owner, named('build-app'));
    assert.equal(await found({ contract: contractId }), 'build-app test');
    for (const query of [{ project: 'Q' }, { contract: 'a b' }, { team: 'other' }, { name: '%' }]) {
      assert.equal(await found(query), '', JSON.stringify(query));
    }
    const inP = principal({ orgId: owner.orgId, scope: { type: 'project', project: 'p' } });
    assert.equal((await listWorkflows(w.deps, inP, { contract: 'd' })).workflows.length, 0);
  });
});

describe('updateWorkflow', () => {
  it('changes what it is told, says so once, and leaves the rest', async () => {
    const owner = await withWorkflow('w', { team: 'a', description: 'x' });
    const input = { key: named('w'), contract: 'd', team: 'b' };
    const updated = await updateWorkflow(w.deps, owner, input);
    assert.deepEqual([updated.contract, updated.team, updated.description], ['d', 'b', 'x']);
    await updateWorkflow(w.deps, owner, input);
    assert.equal((await resolve(owner, 'w')).contract.name, 'd');
    assert.deepEqual((await w.auditOf(owner.orgId)).slice(-1), ['contract.update-workflow workflow:p/w']);
    assert.equal((await w.auditOf(owner.orgId)).length, 5);
  });

  it('leaves pins to those who write contracts', async () => {
    const owner = await withWorkflow('w');
    const member = principal({ orgId: owner.orgId, role: 'member' });
    const pin = (who: Principal, contractRevision: number | null) =>
      updateWorkflow(w.deps, who, { key: named('w'), contractRevision });
    await assert.rejects(pin(member, 1), coded('identity_forbidden'));
    assert.equal((await pin(owner, 1)).contractRevision, 1);
    assert.equal((await resolve(owner, 'w')).contract.revision, 1);
    // What is kept as it is needs no right, and taking the pin away does.
    assert.equal((await updateWorkflow(w.deps, member, { key: named('w'), team: 't' })).contractRevision, 1);
    await assert.rejects(pin(member, null), coded('identity_forbidden'));
    await assert.rejects(
      updateWorkflow(w.deps, member, { key: named('w'), contract: 'd' }),
      coded('identity_forbidden'),
    );
    assert.equal(
      (await updateWorkflow(w.deps, owner, { key: named('w'), contract: 'd' })).contractRevision,
      null,
    );
    await assert.rejects(pin(owner, 2), coded('contract_revision_not_found'));
  });

  it('changes nothing outside of the scope, nor under what is not there', async () => {
    const owner = await withWorkflow('w');
    const { id } = await describeWorkflow(w.deps, owner, named('w'));
    const inQ = principal({ orgId: owner.orgId, role: 'member', scope: { type: 'project', project: 'q' } });
    const cases: readonly (readonly [Principal, Parameters<typeof updateWorkflow>[2], string])[] = [
      [inQ, { key: named('w'), team: 'x' }, 'identity_forbidden'],
      [inQ, { key: { id }, team: 'x' }, 'contract_workflow_not_found'],
      [principal(), { key: { id }, team: 'x' }, 'contract_workflow_not_found'],
      [principal({ orgId: owner.orgId, role: 'viewer' }), { key: { id }, team: 'x' }, 'identity_forbidden'],
      [owner, { key: { id: randomUUID() }, team: 'x' }, 'contract_workflow_not_found'],
      [owner, { key: { id: 'w' }, team: 'x' }, 'contract_workflow_not_found'],
      [owner, { key: { id }, contract: 'none' }, 'contract_not_found'],
      [owner, { key: { id }, team: 'a\u0000' }, 'contract_text_invalid'],
    ];
    for (const [who, input, code] of cases)
      await assert.rejects(updateWorkflow(w.deps, who, input), coded(code));
    assert.equal((await updateWorkflow(w.deps, owner, { key: { id }, team: 'x' })).team, 'x');
  });
});

describe('deleteWorkflow', () => {
  const remove = (who: Principal, name: string) =>
    deleteWorkflow(w.deps, who, { key: named(name), requestId: 'r' });

  it('leaves nothing of one that never ran', async () => {
    const owner = await withWorkflow('idle');
    assert.equal(await remove(owner, 'idle'), 'deleted');
    await assert.rejects(
      describeWorkflow(w.deps, owner, named('idle')),
      coded('contract_workflow_not_found'),
    );
    await deleteContract(w.deps, owner, { name: 'c', requestId: 'r' });
  });

  it('archives one that has runs: they stay under its name, and none begins', async () => {
    const owner = await withWorkflow('ran', { team: 'old' });
    assert.equal(await remove(owner, 'ran'), 'archived');
    assert.equal(await remove(owner, 'ran'), 'archived');
    assert.equal(
      (await describeWorkflow(w.deps, owner, named('ran'))).archivedAt?.getTime(),
      w.now.getTime(),
    );
    assert.equal((await listWorkflows(w.deps, owner)).workflows.length, 0);
    assert.equal((await listWorkflows(w.deps, owner, { archived: true })).workflows.length, 1);
    await assert.rejects(resolve(owner, 'ran'), coded('contract_workflow_not_found'));
    await assert.rejects(
      updateWorkflow(w.deps, owner, { key: named('ran'), team: 'x' }),
      coded('contract_workflow_deleted'),
    );
    // It owes nothing any more, and comes back under the contract that it is given then.
    await deleteContract(w.deps, owner, { name: 'c', requestId: 'r' });
    const back = await createWorkflow(w.deps, owner, { project: 'p', name: 'ran', contract: 'd' });
    assert.deepEqual([back.contract, back.team, back.archivedAt], ['d', '', null]);
    assert.deepEqual((await w.auditOf(owner.orgId)).slice(4), [
      'contract.delete-workflow workflow:p/ran',
      'contract.delete contract:c',
      'contract.create-workflow workflow:p/ran',
    ]);
  });

  it('is for members inside their scope', async () => {
    const owner = await withWorkflow('w');
    for (const rest of [
      { role: 'viewer' },
      { role: 'member', scope: { type: 'workflow', project: 'p', workflow: 'other' } },
    ] satisfies Partial<Principal>[]) {
      await assert.rejects(
        remove(principal({ orgId: owner.orgId, ...rest }), 'w'),
        coded('identity_forbidden'),
      );
    }
    await assert.rejects(remove(principal(), 'w'), coded('contract_workflow_not_found'));
  });

  it('lets no run begin beside it', async () => {
    const owner = await withWorkflow('busy');
    for (let round = 0; round < 8; round++) {
      const [started, deleted] = await Promise.allSettled([resolve(owner, 'busy'), remove(owner, 'busy')]);
      assert.equal(deleted.status, 'fulfilled');
      if (started.status === 'rejected') {
        assert.equal((started.reason as CodedError).code, 'contract_workflow_not_found');
      }
      await createWorkflow(w.deps, owner, { project: 'p', name: 'busy', contract: 'c' });
    }
  });
});
