import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { CodedError } from '@waybill/core';
import { sql } from 'kysely';
import type { Principal, Scope } from '../identity/index.ts';
import { type ContractWorld, coded, contractText, contractWorld, principal } from './fixture.ts';
import {
  applyContract,
  createWorkflow,
  deleteContract,
  describeContract,
  describeWorkflow,
  findRevision,
  listContracts,
  listWorkflows,
  resolveForRun,
} from './index.ts';

let w: ContractWorld;
before(async () => {
  w = await contractWorld();
});
after(() => w.close());

const deps = () => w.deps;

describe('applyContract', () => {
  it('numbers revisions, keeps the text byte for byte and makes no revision of the same text', async () => {
    const owner = principal();
    const first = contractText('build');
    const second = `${first}# a comment\n`;
    assert.deepEqual(
      (await Promise.all([first, first, first].map((document) => applyContract(deps(), owner, { document }))))
        .map((applied) => `${applied.revision} ${applied.changed}`)
        .toSorted(),
      ['1 false', '1 false', '1 true'],
    );
    assert.equal((await applyContract(deps(), owner, { document: second })).revision, 2);
    assert.equal((await applyContract(deps(), owner, { document: first })).revision, 3);
    const described = await describeContract(deps(), owner, { name: 'build', revision: 2 });
    assert.equal(described.document, second);
    assert.equal(described.digest, described.contract.digest);
    assert.equal(described.contract.materials[0]?.kind, 'SARIF');
    assert.deepEqual(
      described.revisions.map((row) => row.revision),
      [3, 2, 1],
    );
    assert.deepEqual(await w.auditOf(owner.orgId), Array(3).fill('contract.apply contract:build'));
  });

  it('never gives two documents one number, however many apply at once', async () => {
    const owner = principal();
    const texts = Array.from({ length: 8 }, (_, index) => `${contractText('busy')}# ${index}\n`);
    const applied = await Promise.all(texts.map((document) => applyContract(deps(), owner, { document })));
    assert.deepEqual(
      applied.map((item) => item.revision).toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
  });

  it('keeps nothing of a refused document', async () => {
    const owner = principal();
    const document = contractText('build', 'signer: [{issuer: a, subject: b}]');
    await assert.rejects(
      applyContract(deps(), owner, { document, filename: 'c.yaml' }),
      (error: CodedError) => {
        assert.equal(error.code, 'contract_invalid');
        assert.match(error.message, /^c\.yaml:5:3: spec\.signer: /);
        return true;
      },
    );
    assert.deepEqual(await listContracts(deps(), owner), []);
    assert.deepEqual(await w.auditOf(owner.orgId), []);
  });

  it('takes the name from the document or beside it, and never two', async () => {
    const owner = principal();
    const v1 = 'schemaVersion: v1\n';
    await assert.rejects(applyContract(deps(), owner, { document: v1 }), coded('contract_name_missing'));
    await assert.rejects(
      applyContract(deps(), owner, { document: v1, name: 'A' }),
      coded('contract_name_invalid'),
    );
    await assert.rejects(
      applyContract(deps(), owner, { document: contractText('a'), name: 'b' }),
      coded('contract_name_mismatch'),
    );
    assert.equal((await applyContract(deps(), owner, { document: v1, name: 'old' })).name, 'old');
  });

  it('warns of policies that do not stand in the contract', async () => {
    const document = contractText('p', 'policies: {attestation: [{ref: some-policy}]}');
    const { warnings } = await applyContract(deps(), principal(), { document });
    assert.deepEqual(
      warnings.map(({ path }) => path),
      ['policies'],
    );
  });

  it('is for admins of the whole organisation', async () => {
    const document = contractText('a');
    for (const rest of [
      { role: 'member' },
      { role: 'viewer' },
      { role: 'owner', scope: { type: 'project', project: 'a' } },
    ] satisfies Partial<Principal>[]) {
      await assert.rejects(applyContract(deps(), principal(rest), { document }), coded('identity_forbidden'));
    }
  });

  it('writes revisions that no role of the database can change', async () => {
    const owner = principal();
    await applyContract(deps(), owner, { document: contractText('a') });
    for (const statement of [
      sql`update contract_revisions set document = ''`,
      sql`delete from contract_revisions`,
    ]) {
      await assert.rejects(
        w.t.db.withOrg(owner.orgId, (tx) => statement.execute(tx)),
        /permission denied/,
      );
      await assert.rejects(
        w.t.db.asSystem((tx) => statement.execute(tx)),
        /permission denied/,
      );
    }
  });
});

describe('createWorkflow', () => {
  it('creates the project with its first workflow', async () => {
    const owner = principal();
    await applyContract(deps(), owner, { document: contractText('c') });
    const made = await createWorkflow(deps(), owner, {
      project: 'demo',
      name: 'build',
      contract: 'c',
      team: 'x',
    });
    assert.equal(made.contractRevision, null);
    assert.equal(made.team, 'x');
    await createWorkflow(deps(), owner, {
      project: 'demo',
      name: 'test',
      contract: 'c',
      contractRevision: 1,
    });
    assert.deepEqual(
      (await listWorkflows(deps(), owner, { project: 'demo' })).workflows.map((row) => [
        row.name,
        row.contractRevision,
      ]),
      [
        ['build', null],
        ['test', 1],
      ],
    );
    assert.equal((await listContracts(deps(), owner))[0]?.workflows, 2);
    assert.deepEqual((await w.auditOf(owner.orgId)).slice(1), [
      'contract.create-workflow workflow:demo/build',
      'contract.create-workflow workflow:demo/test',
    ]);
  });

  it('refuses what it cannot stand on, and leaves no project behind', async () => {
    const owner = principal();
    await applyContract(deps(), owner, { document: contractText('contract-a') });
    const input = { project: 'demo', name: 'build', contract: 'contract-a' };
    const cases: readonly (readonly [object, string])[] = [
      [{ contract: 'contract-b' }, 'contract_not_found'],
      [{ contract: 'a\u0000' }, 'contract_not_found'],
      [{ contractRevision: 2 }, 'contract_revision_not_found'],
      [{ contractRevision: 2 ** 40 }, 'contract_revision_not_found'],
      [{ project: '../x' }, 'contract_name_invalid'],
      [{ name: 'A' }, 'contract_name_invalid'],
      [{ description: 'a\u0000' }, 'contract_text_invalid'],
    ];
    for (const [wrong, code] of cases) {
      await assert.rejects(createWorkflow(deps(), owner, { ...input, ...wrong }), coded(code), code);
    }
    await assert.rejects(
      createWorkflow(deps(), owner, { ...input, contract: 'contract-b' }),
      /did you mean contract-a\?/,
    );
    const projects = await w.t.db.withOrg(owner.orgId, (tx) =>
      sql`select 1 from contract_projects`.execute(tx),
    );
    assert.equal(projects.rows.length, 0);
  });

  it('makes one workflow of a name, however many ask at once', async () => {
    const owner = principal();
    await applyContract(deps(), owner, { document: contractText('c') });
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, () =>
        createWorkflow(deps(), owner, { project: 'p', name: 'w', contract: 'c' }),
      ),
    );
    assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
    for (const result of results) {
      if (result.status === 'rejected')
        assert.equal((result.reason as CodedError).code, 'contract_workflow_exists');
    }
  });
});

describe('a narrower token', () => {
  it('sees and writes inside its scope only', async () => {
    const owner = principal();
    for (const name of ['a', 'b']) await applyContract(deps(), owner, { document: contractText(name) });
    await createWorkflow(deps(), owner, { project: 'p', name: 'one', contract: 'a' });
    await createWorkflow(deps(), owner, { project: 'q', name: 'two', contract: 'b' });
    const scoped = (scope: Scope) => principal({ orgId: owner.orgId, role: 'member', scope });
    const inP = scoped({ type: 'project', project: 'p' });
    assert.deepEqual(
      (await listContracts(deps(), inP)).map((row) => row.name),
      ['a'],
    );
    assert.deepEqual(
      (await listWorkflows(deps(), inP)).workflows.map((row) => row.name),
      ['one'],
    );
    assert.deepEqual((await listWorkflows(deps(), inP, { project: 'q' })).workflows, []);
    assert.equal((await describeContract(deps(), inP, { name: 'a' })).revision, 1);
    await assert.rejects(describeContract(deps(), inP, { name: 'b' }), coded('contract_not_found'));
    await assert.rejects(
      describeWorkflow(deps(), inP, { project: 'q', name: 'two' }),
      coded('identity_forbidden'),
    );
    await assert.rejects(
      createWorkflow(deps(), inP, { project: 'q', name: 'x', contract: 'a' }),
      coded('identity_forbidden'),
    );
    const inTwo = scoped({ type: 'workflow', project: 'q', workflow: 'two' });
    assert.deepEqual(
      (await listContracts(deps(), inTwo)).map((row) => row.name),
      ['b'],
    );
    assert.equal((await describeWorkflow(deps(), inTwo, { project: 'q', name: 'two' })).contract, 'b');
  });

  it('lists workflows a page at a time, each once, by project and name', async () => {
    const owner = principal();
    await applyContract(deps(), owner, { document: contractText('c') });
    const names = ['a/z', 'a-b/a', 'a-b/b', 'b/a', 'b/a-1', 'b/b'];
    for (const each of names.toReversed()) {
      const [project = '', name = ''] = each.split('/');
      await createWorkflow(deps(), owner, { project, name, contract: 'c' });
    }
    const all = (await listWorkflows(deps(), owner)).workflows.map(
      ({ project, name }) => `${project}/${name}`,
    );
    assert.deepEqual(all.toSorted(), names.toSorted());
    for (const limit of [1, 2, 3, 5, 6, 7]) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await listWorkflows(deps(), owner, { limit, ...(cursor === null ? {} : { cursor }) });
        seen.push(...page.workflows.map(({ project, name }) => `${project}/${name}`));
        cursor = page.next;
      } while (cursor !== null);
      assert.deepEqual(seen, all, `pages of ${limit}`);
    }
    for (const cursor of [
      '',
      'x',
      Buffer.from('a').toString('base64url'),
      Buffer.from('a/b/c').toString('base64url'),
    ])
      await assert.rejects(listWorkflows(deps(), owner, { cursor }), coded('contract_cursor_invalid'));
  });

  it('sees nothing of another organisation', async () => {
    const owner = principal();
    await applyContract(deps(), owner, { document: contractText('secret') });
    const stranger = principal();
    assert.deepEqual(await listContracts(deps(), stranger), []);
    await assert.rejects(describeContract(deps(), stranger, { name: 'secret' }), coded('contract_not_found'));
    await assert.rejects(
      createWorkflow(deps(), stranger, { project: 'p', name: 'w', contract: 'secret' }),
      coded('contract_not_found'),
    );
    assert.equal((await applyContract(deps(), stranger, { document: contractText('secret') })).revision, 1);
  });
});

describe('resolveForRun', () => {
  it('lets only those who write contracts pin a workflow to a revision', async () => {
    const pin = { project: 'p', name: 'lax', contract: 'c', contractRevision: 1 };
    const member = principal({ role: 'member' });
    await assert.rejects(createWorkflow(deps(), member, pin), coded('identity_forbidden'));
  });

  it('gives the pinned revision, else the one asked for, else the newest', async () => {
    const owner = principal();
    const [one, two] = [contractText('c'), `${contractText('c')}# 2\n`];
    for (const document of [one, two]) await applyContract(deps(), owner, { document });
    await createWorkflow(deps(), owner, { project: 'p', name: 'free', contract: 'c' });
    await createWorkflow(deps(), owner, { project: 'p', name: 'pinned', contract: 'c', contractRevision: 1 });
    const resolve = (workflow: string, revision?: number) =>
      w.t.db.withOrg(owner.orgId, (tx) => resolveForRun(tx, { project: 'p', workflow, revision, at: w.now }));
    assert.equal((await resolve('free')).contract.revision, 2);
    assert.equal((await resolve('free', 1)).contract.document, one);
    assert.equal((await resolve('pinned')).contract.revision, 1);
    assert.equal((await resolve('pinned', 1)).workflow.name, 'pinned');
    await assert.rejects(resolve('pinned', 2), coded('contract_revision_pinned'));
    await assert.rejects(resolve('free', 3), coded('contract_revision_not_found'));
    await assert.rejects(resolve('other'), coded('contract_workflow_not_found'));
    await w.t.db.withOrg(owner.orgId, async (tx) => {
      assert.equal((await findRevision(tx, { name: 'c', revision: 1 })).name, 'c');
    });
  });
});

describe('a revision with a date', () => {
  const HOUR_MS = 3_600_000;
  const start = new Date('2026-11-24T08:00:00Z');
  const at = (hours: number) => new Date(start.getTime() + hours * HOUR_MS);
  afterEach(() => {
    w.now = start;
  });

  /** The revision that a run of `p/w` owes at each hour. */
  async function owed(owner: Principal, hours: readonly number[]): Promise<readonly (number | string)[]> {
    const revisionAt = (hour: number) =>
      w.t.db
        .withOrg(owner.orgId, (tx) => resolveForRun(tx, { project: 'p', workflow: 'w', at: at(hour) }))
        .then(({ contract }) => contract.revision)
        .catch((error: CodedError) => error.code);
    return Promise.all(hours.map(revisionAt));
  }

  const text = (number: number) => `${contractText('c')}# ${number}\n`;

  it('waits for it in every workflow that does not pin, while the one before goes on', async () => {
    const owner = principal();
    await applyContract(deps(), owner, { document: text(1) });
    await createWorkflow(deps(), owner, { project: 'p', name: 'w', contract: 'c' });
    const planned = await applyContract(deps(), owner, { document: text(2), activatesAt: at(2) });
    assert.deepEqual([planned.revision, planned.activatesAt], [2, at(2)]);
    assert.deepEqual(await owed(owner, [0, 1.9, 2, 3]), [1, 1, 2, 2]);
    const [listed] = await listContracts(deps(), owner);
    assert.deepEqual([listed?.revision, listed?.inForce, listed?.activatesAt], [2, 1, at(2)]);
    const { inForce, revisions } = await describeContract(deps(), owner, { name: 'c' });
    assert.deepEqual([inForce, revisions.map((row) => row.activatesAt)], [1, [at(2), null]]);
  });

  it('is void once another takes its place before its time', async () => {
    const owner = principal();
    await applyContract(deps(), owner, { document: text(1) });
    await createWorkflow(deps(), owner, { project: 'p', name: 'w', contract: 'c' });
    await applyContract(deps(), owner, { document: text(2), activatesAt: at(2) });
    w.now = at(1);
    // The same plan is no new revision, another date for the same document is.
    assert.equal(
      (await applyContract(deps(), owner, { document: text(2), activatesAt: at(2) })).changed,
      false,
    );
    assert.equal((await applyContract(deps(), owner, { document: text(2), activatesAt: at(4) })).revision, 3);
    assert.deepEqual(await owed(owner, [1, 2, 3.9, 4]), [1, 1, 1, 3]);
    w.now = at(1.5);
    assert.equal((await applyContract(deps(), owner, { document: text(1) })).revision, 4);
    assert.deepEqual(await owed(owner, [1.5, 2, 4, 5]), [4, 4, 4, 4]);
    w.now = at(5);
    // One in force is not planned again, whatever date is asked for.
    assert.equal(
      (await applyContract(deps(), owner, { document: text(1), activatesAt: at(6) })).changed,
      false,
    );
  });

  it('lets no run begin before the first one is in force', async () => {
    const owner = principal();
    await applyContract(deps(), owner, { document: text(1), activatesAt: at(2) });
    await createWorkflow(deps(), owner, { project: 'p', name: 'w', contract: 'c' });
    assert.deepEqual(await owed(owner, [0, 2]), ['contract_not_in_force', 1]);
  });

  it('says that another revision than the one in force was chosen', async () => {
    const owner = principal();
    await applyContract(deps(), owner, { document: text(1) });
    await createWorkflow(deps(), owner, { project: 'p', name: 'w', contract: 'c' });
    await applyContract(deps(), owner, { document: text(2), activatesAt: at(2) });
    const isOwed = (revision: number, hour: number) =>
      w.t.db
        .withOrg(owner.orgId, (tx) =>
          resolveForRun(tx, { project: 'p', workflow: 'w', revision, at: at(hour) }),
        )
        .then((resolved) => resolved.isOwed);
    assert.deepEqual(
      [await isOwed(1, 0), await isOwed(2, 0), await isOwed(1, 2), await isOwed(2, 2)],
      [true, false, false, true],
    );
  });

  it('takes a time ahead only, ten years at most', async () => {
    for (const date of [at(0), at(-1), at(24 * 3661), new Date(Number.NaN)]) {
      await assert.rejects(
        applyContract(deps(), principal(), { document: text(1), activatesAt: date }),
        coded('contract_activation_invalid'),
      );
    }
  });
});

describe('deleteContract', () => {
  const gone = { name: 'c', requestId: 'r' };

  it('takes an unused contract off the lists, keeps its revisions, and is undone by applying', async () => {
    const owner = principal();
    const document = contractText('c');
    await applyContract(deps(), owner, { document });
    await deleteContract(deps(), owner, gone);
    await deleteContract(deps(), owner, gone);
    assert.deepEqual(await listContracts(deps(), owner), []);
    const kept = await describeContract(deps(), owner, { name: 'c', revision: 1 });
    assert.deepEqual([kept.document, kept.archivedAt], [document, w.now]);
    const workflow = { project: 'p', name: 'w', contract: 'c' };
    await assert.rejects(createWorkflow(deps(), owner, workflow), coded('contract_not_found'));
    assert.equal((await applyContract(deps(), owner, { document })).revision, 2);
    assert.equal((await createWorkflow(deps(), owner, workflow)).contract, 'c');
    assert.deepEqual(await w.auditOf(owner.orgId), [
      'contract.apply contract:c',
      'contract.delete contract:c',
      'contract.apply contract:c',
      'contract.create-workflow workflow:p/w',
    ]);
  });

  it('refuses one that a workflow owes, and names it', async () => {
    const owner = principal();
    await applyContract(deps(), owner, { document: contractText('c') });
    await createWorkflow(deps(), owner, { project: 'p', name: 'w', contract: 'c' });
    await assert.rejects(deleteContract(deps(), owner, gone), (error: CodedError) => {
      assert.equal(error.code, 'contract_in_use');
      assert.match(error.message, /owed by p\/w: give them another/);
      return true;
    });
    await assert.rejects(deleteContract(deps(), owner, { ...gone, name: 'd' }), coded('contract_not_found'));
    const member = principal({ orgId: owner.orgId, role: 'member' });
    await assert.rejects(deleteContract(deps(), member, gone), coded('identity_forbidden'));
    await assert.rejects(deleteContract(deps(), principal(), gone), coded('contract_not_found'));
  });

  it('never leaves a workflow under a deleted contract, whoever comes first', async () => {
    const owner = principal();
    for (let round = 0; round < 8; round++) {
      const name = `c${round}`;
      await applyContract(deps(), owner, { document: contractText(name) });
      const [created, deleted] = await Promise.allSettled([
        createWorkflow(deps(), owner, { project: 'p', name, contract: name }),
        deleteContract(deps(), owner, { name, requestId: 'r' }),
      ]);
      assert.notEqual(created.status, deleted.status);
    }
  });
});

describe('an id', () => {
  it('is taken wherever a name is, and no name may look like one', async () => {
    const owner = principal();
    await applyContract(deps(), owner, { document: contractText('c') });
    const { id } = await describeContract(deps(), owner, { name: 'c' });
    assert.equal((await describeContract(deps(), owner, { name: id })).name, 'c');
    assert.equal(
      (await createWorkflow(deps(), owner, { project: 'p', name: 'w', contract: id })).contract,
      'c',
    );
    await assert.rejects(
      applyContract(deps(), owner, { document: contractText(id) }),
      coded('contract_name_invalid'),
    );
    const inQ = principal({ orgId: owner.orgId, scope: { type: 'project', project: 'q' } });
    await assert.rejects(describeContract(deps(), inQ, { name: id }), coded('contract_not_found'));
    await assert.rejects(describeContract(deps(), principal(), { name: id }), coded('contract_not_found'));
  });
});
