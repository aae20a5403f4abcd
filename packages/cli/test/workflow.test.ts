/** Workflows by the program, over a server with real runs. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Project, Workflow, WorkflowList } from '@waybill/api';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { type Ended, waybill, workspace } from './program.ts';

let world: TestWorld;
let dir: Awaited<ReturnType<typeof workspace>>;
before(async () => {
  [world, dir] = await Promise.all([testWorld(), workspace()]);
  for (const name of ['release', 'lax']) {
    await world.owner.applyContract({
      document: `apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: ${name} }\nspec: {}\n`,
    });
  }
});
after(async () => {
  await world.close();
  await dir[Symbol.asyncDispose]();
});

const run = (...words: readonly string[]): Promise<Ended> =>
  waybill(words, {
    cwd: dir.dir,
    env: { WAYBILL_URL: world.url, WAYBILL_TOKEN: world.ownerToken.reveal() },
  });

async function answer<T>(...words: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await run(...words, '-o', 'json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as T;
}

async function fails(ended: Promise<Ended>, code: number, text: RegExp): Promise<void> {
  const found = await ended;
  assert.match(found.stderr, text);
  assert.equal(found.code, code);
}

describe('waybill workflow', () => {
  it('lists runs and the state of the last, narrowed by project, contract, team and name', async () => {
    const made = { project: 'skynet', contract: 'release', team: 'cyberdyne core' };
    await world.owner.createWorkflow({ ...made, name: 'build-and-test' });
    await world.owner.createWorkflow({ project: 'skynet', name: 'idle', contract: 'lax' });
    const started = { project: 'skynet', workflow: 'build-and-test' };
    await world.owner.startRun(started);
    const { id } = await world.owner.startRun(started);
    await world.owner.cancelRun(id, {});
    const { stdout } = await run('workflow', 'list', '--project', 'skynet');
    assert.deepEqual(
      stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | ')),
      [
        'PROJECT | WORKFLOW | CONTRACT | REVISION | TEAM | # RUNS | LAST RUN STATUS | DESCRIPTION',
        'skynet | build-and-test | release | in force | cyberdyne core | 2 | CANCELLED',
        'skynet | idle | lax | in force | 0 | -',
        '',
      ],
    );
    for (const [option, value] of [
      ['--team', 'cyberdyne core'],
      ['--contract', 'release'],
      ['--name', 'test'],
    ] as const) {
      const { workflows } = await answer<WorkflowList>('wf', 'list', option, value);
      assert.deepEqual(
        workflows.map((row) => [row.name, row.lastRun?.id]),
        [['build-and-test', id]],
      );
    }
    const page = await answer<WorkflowList>('workflow', 'list', '--limit', '1');
    const rest = await answer<WorkflowList>('workflow', 'list', '--cursor', page.next ?? '');
    assert.deepEqual(
      [page, rest].flatMap(({ workflows }) => workflows.map(({ name }) => name)),
      ['build-and-test', 'idle'],
    );
  });

  it('is updated by names or id, and says what it owes', async () => {
    const { id } = await world.owner.createWorkflow({ project: 'p', name: 'w', contract: 'release' });
    const pinned = await answer<Workflow>(
      'workflow',
      'update',
      'p/w',
      '--contract-revision',
      '1',
      '--team',
      'core',
    );
    assert.deepEqual([pinned.contractRevision, pinned.team], [1, 'core']);
    const { stdout } = await run('workflow', 'update', id, '--contract', 'lax');
    assert.equal(stdout, 'workflow p/w updated; it owes lax\n');
    assert.equal((await answer<Workflow>('workflow', 'describe', id)).contractRevision, null);
    await fails(run('workflow', 'update', 'p/w'), 2, /nothing to change/);
    await fails(run('workflow', 'update', 'p/w', '--contract', 'laxx'), 1, /did you mean lax\?/);
    await fails(run('workflow', 'describe', 'p'), 2, /expected PROJECT\/WORKFLOW or an id/);
  });

  it('goes when it never ran, and is archived with its runs otherwise', async () => {
    for (const name of ['never', 'ran'])
      await world.owner.createWorkflow({ project: 'gone', name, contract: 'lax' });
    const { id } = await world.owner.startRun({ project: 'gone', workflow: 'ran' });
    assert.match((await run('workflow', 'delete', 'gone/never')).stdout, /^workflow gone\/never deleted/);
    assert.match(
      (await run('workflow', 'delete', 'gone/ran')).stdout,
      /^workflow gone\/ran archived: its runs stay/,
    );
    assert.equal((await answer<WorkflowList>('workflow', 'list', '--project', 'gone')).workflows.length, 0);
    const kept = await answer<WorkflowList>('workflow', 'list', '--project', 'gone', '--archived');
    assert.deepEqual(
      kept.workflows.map(({ lastRun }) => lastRun?.id),
      [id],
    );
    assert.equal((await world.owner.describeRun(id)).state, 'INITIALIZED');
    await assert.rejects(world.owner.startRun({ project: 'gone', workflow: 'ran' }), {
      code: 'contract_workflow_not_found',
    });
  });

  it('does not go while a token or a trusted pipeline could act for what takes its name', async () => {
    await world.owner.createWorkflow({ project: 'robots', name: 'w', contract: 'lax' });
    assert.equal(
      (await run('workflow', 'robot-account', 'create', '--workflow', 'robots/w', '--name', 'ci')).code,
      0,
    );
    const trust = { issuer: 'https://gitlab.com', subject: 'project_path:acme/app:*', name: 'gitlab' };
    await world.owner.addTrust({ project: 'robots', workflow: 'w' }, trust);
    await fails(run('workflow', 'delete', 'robots/w'), 1, /still work \(ci, gitlab\): revoke or remove them/);
    await world.owner.revokeRobotAccount({ project: 'robots', workflow: 'w' }, 'ci');
    await fails(run('workflow', 'delete', 'robots/w'), 1, /still work \(gitlab\)/);
    await world.owner.removeTrust({ project: 'robots', workflow: 'w' }, 'gitlab');
    assert.match((await run('workflow', 'delete', 'robots/w')).stdout, /deleted/);
  });
});

describe('waybill project', () => {
  it('shows projects and versions; a run makes a version, and a release is for good', async () => {
    await world.owner.createWorkflow({ project: 'versioned', name: 'w', contract: 'lax' });
    const started = { project: 'versioned', workflow: 'w', version: '1.2.0' };
    const { id, version } = await world.owner.startRun(started);
    assert.equal(version, '1.2.0');
    await world.owner.startRun({ project: 'versioned', workflow: 'w' });
    assert.match((await run('project', 'list')).stdout, /\nversioned +1 +1 +1\.2\.0 +20/);
    const project = await answer<Project>('project', 'describe', 'versioned');
    assert.equal((await answer<Project>('project', 'describe', project.id)).latestVersion, '1.2.0');
    const released = await run('project', 'version', 'release', 'versioned', '1.2.0');
    assert.match(released.stdout, /^version 1\.2\.0 of versioned released at 20/);
    assert.match((await run('project', 'version', 'list', project.id)).stdout, /\n1\.2\.0 +20.*Z +20.*Z\n/);
    await fails(run('project', 'version', 'release', 'versioned', '1.3.0'), 1, /did you mean 1\.2\.0\?/);
    const { runs } = await world.owner.listRuns({ project: 'versioned', version: '1.2.0' });
    assert.deepEqual(
      runs.map((row) => row.id),
      [id],
    );
    await fails(
      run('att', 'init', '--project', 'versioned', '--workflow', 'w', '--version', '-'),
      1,
      /version/,
    );
    const init = await run('att', 'init', '--project', 'versioned', '--workflow', 'w', '--version', '1.3.0');
    assert.equal(init.code, 0, init.stderr);
    assert.match((await run('run', 'list', '--project', 'versioned')).stdout, /1\.3\.0/);
  });
});
