import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Principal } from '../identity/index.ts';
import { type ContractWorld, coded, contractText, contractWorld, principal } from './fixture.ts';
import {
  applyContract,
  createWorkflow,
  deleteWorkflow,
  describeProject,
  listProjects,
  listVersions,
  releaseVersion,
  useVersion,
} from './index.ts';

let w: ContractWorld;
before(async () => {
  w = await contractWorld();
});
after(() => w.close());

/** An owner with the projects named, each with one workflow. */
async function withProjects(...names: readonly string[]): Promise<Principal> {
  const owner = principal();
  await applyContract(w.deps, owner, { document: contractText('c') });
  for (const project of names) await createWorkflow(w.deps, owner, { project, name: 'w', contract: 'c' });
  return owner;
}

/** What the start of a run does. */
function use(owner: Principal, project: string, version: string): Promise<string> {
  w.now = new Date(w.now.getTime() + 1000);
  return w.t.db.withOrg(owner.orgId, (tx) => useVersion(tx, owner, { project, version, now: w.now }));
}

describe('listProjects', () => {
  it('counts workflows and versions, a page at a time, inside the scope', async () => {
    const owner = await withProjects('a', 'b', 'c');
    await createWorkflow(w.deps, owner, { project: 'b', name: 'second', contract: 'c' });
    await deleteWorkflow(w.deps, owner, { key: { project: 'c', name: 'w' }, requestId: 'r' });
    for (const version of ['1.0.0', '2.0.0-rc.1', '1.0.0']) await use(owner, 'b', version);
    const first = await listProjects(w.deps, owner, { limit: 2 });
    const rest = await listProjects(w.deps, owner, { limit: 2, cursor: first.next ?? '' });
    assert.equal(rest.next, null);
    assert.deepEqual(
      [...first.rows, ...rest.rows].map((row) => [row.name, row.workflows, row.versions, row.latestVersion]),
      [
        ['a', 1, 0, null],
        ['b', 2, 2, '2.0.0-rc.1'],
        ['c', 0, 0, null],
      ],
    );
    const inA = principal({ orgId: owner.orgId, scope: { type: 'project', project: 'a' } });
    assert.deepEqual(
      (await listProjects(w.deps, inA)).rows.map(({ name }) => name),
      ['a'],
    );
    assert.deepEqual((await listProjects(w.deps, principal())).rows, []);
    const scope = { type: 'workflow', project: 'a', workflow: 'w' } as const;
    await assert.rejects(
      listProjects(w.deps, principal({ orgId: owner.orgId, scope })),
      coded('identity_forbidden'),
    );
    for (const cursor of ['', 'x', Buffer.from('A b').toString('base64url')]) {
      await assert.rejects(listProjects(w.deps, owner, { cursor }), coded('contract_cursor_invalid'));
    }
  });
});

describe('describeProject', () => {
  it('finds by name and id, and what is outside of the scope by neither', async () => {
    const owner = await withProjects('mine', 'other');
    const { id } = await describeProject(w.deps, owner, 'other');
    assert.equal((await describeProject(w.deps, owner, id)).name, 'other');
    await assert.rejects(describeProject(w.deps, owner, 'othr'), /did you mean other\?/);
    const inMine = principal({ orgId: owner.orgId, scope: { type: 'project', project: 'mine' } });
    assert.equal((await describeProject(w.deps, inMine, 'mine')).name, 'mine');
    await assert.rejects(describeProject(w.deps, inMine, 'other'), coded('identity_forbidden'));
    await assert.rejects(describeProject(w.deps, inMine, id), coded('contract_project_not_found'));
    for (const [who, wanted] of [
      [principal(), id],
      [owner, 'A b'],
      [owner, 'a\u0000'],
    ] as const) {
      await assert.rejects(describeProject(w.deps, who, wanted), coded('contract_project_not_found'));
    }
  });
});

describe('versions', () => {
  it('are made by first use, once, and listed newest first', async () => {
    const owner = await withProjects('p');
    await Promise.all(['1', '1', '1'].map((version) => use(owner, 'p', version)));
    for (const version of ['v2', '2026.11+build.7']) await use(owner, 'p', version);
    const first = await listVersions(w.deps, owner, { project: 'p', limit: 2 });
    const rest = await listVersions(w.deps, owner, { project: 'p', limit: 2, cursor: first.next ?? '' });
    assert.deepEqual(
      [...first.rows, ...rest.rows].map(({ name }) => name),
      ['2026.11+build.7', 'v2', '1'],
    );
    assert.equal(rest.next, null);
    await assert.rejects(
      listVersions(w.deps, owner, { project: 'p', cursor: 'x' }),
      coded('contract_cursor_invalid'),
    );
    for (const wrong of ['', '-1', 'a b', 'a/b', '1\n', 'x'.repeat(129), 'é']) {
      await assert.rejects(use(owner, 'p', wrong), coded('contract_version_invalid'));
    }
  });

  it('are released once and for good', async () => {
    const owner = await withProjects('p');
    await use(owner, 'p', '1.2.0');
    const release = (who: Principal, version: string, project = 'p') =>
      releaseVersion(w.deps, who, { project, version, requestId: 'r' });
    const { releasedAt } = await release(owner, '1.2.0');
    w.now = new Date(w.now.getTime() + 1000);
    assert.deepEqual((await release(owner, '1.2.0')).releasedAt, releasedAt);
    assert.deepEqual(
      (await w.auditOf(owner.orgId)).filter((line) => line.startsWith('contract.release')),
      ['contract.release-version project:p'],
    );
    await assert.rejects(release(owner, '1.2.1'), /did you mean 1\.2\.0\?/);
    await assert.rejects(release(owner, '1.2.0', 'q'), coded('contract_project_not_found'));
    await assert.rejects(release(owner, ' '), coded('contract_version_invalid'));
    for (const rest of [
      { role: 'viewer' },
      { role: 'member', scope: { type: 'workflow', project: 'p', workflow: 'w' } },
    ] satisfies Partial<Principal>[]) {
      await assert.rejects(
        release(principal({ orgId: owner.orgId, ...rest }), '1.2.0'),
        coded('identity_forbidden'),
      );
    }
    await assert.rejects(release(principal(), '1.2.0'), coded('contract_project_not_found'));
  });
});
