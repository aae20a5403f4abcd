/** A build on GitHub under the well-known example of a contract, up to the full status; elsewhere it does not begin. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CreatedToken, Workflow } from '@waybill/api';
import { connect, pushBlob, pushManifest } from '@waybill/clients/oci';
import { Secret } from '@waybill/core';
import { artifactManifest, EMPTY_BLOB, formatManifest, MEDIA_TYPE } from '@waybill/core/oci';
import { variablesOf } from '@waybill/core/runner';
import { sharedPath, type TestWorld, testWorld } from '@waybill/testkit';
import { type Ended, waybill, workspace } from './program.ts';

const { path: folder, skip } = sharedPath('vectors', 'chainloop');

const GITHUB: NodeJS.ProcessEnv = {
  ...Object.fromEntries(variablesOf('GITHUB_ACTION').required.map((name) => [name, name.toLowerCase()])),
  CI: 'true',
  GITHUB_REPOSITORY: 'cyberdyne/skynet',
  GITHUB_RUN_ID: '1984',
  GITHUB_EVENT_NAME: 'pull_request',
  GITHUB_REF: 'refs/pull/42/merge',
  GITHUB_HEAD_REF: 'mend',
  GITHUB_BASE_REF: 'main',
  GITHUB_TOKEN: 'ghs_secret',
  CUSTOM_VAR: 'of the build',
};
const GITLAB: NodeJS.ProcessEnv = {
  ...Object.fromEntries(variablesOf('GITLAB_PIPELINE').required.map((name) => [name, name.toLowerCase()])),
  GITLAB_CI: 'true',
};

let world: TestWorld;
let robot: string;
before(async () => {
  if (folder === null) return;
  world = await testWorld();
});
after(() => world?.close());

async function admin(words: readonly string[]): Promise<string> {
  await using at = await workspace();
  const env = { WAYBILL_URL: world.url, WAYBILL_TOKEN: world.ownerToken.reveal() };
  const { code, stdout, stderr } = await waybill(words, { cwd: at.dir, env });
  assert.equal(code, 0, stderr);
  return stdout;
}

async function job(env: NodeJS.ProcessEnv) {
  const at = await workspace();
  const run = (words: string): Promise<Ended> =>
    waybill(words.split(' '), {
      cwd: at.dir,
      env: { WAYBILL_URL: world.url, CHAINLOOP_ROBOT_ACCOUNT: robot, ...env },
    });
  const succeed = async (words: string): Promise<string> => {
    const { code, stdout, stderr } = await run(words);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  return { dir: at.dir, run, succeed, [Symbol.asyncDispose]: () => at[Symbol.asyncDispose]() };
}

function checkOut(dir: string): void {
  const who = { GIT_AUTHOR_NAME: 'Miles', GIT_AUTHOR_EMAIL: 'miles@cyberdyne.example' };
  const committer = { GIT_COMMITTER_NAME: 'GitHub', GIT_COMMITTER_EMAIL: 'noreply@github.com' };
  const env = { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', ...who, ...committer };
  for (const args of [
    ['init', '-q'],
    ['commit', '-q', '--allow-empty', '-m', 'Mend the neural net'],
    ['remote', 'add', 'origin', 'https://x-access-token:ghs_secret@github.com/cyberdyne/skynet'],
  ]) {
    execFileSync('git', args, { cwd: dir, env, stdio: 'pipe' });
  }
}

/** The example as it stands, its policies beside it; the one at a URL too, which is not reached from here. */
async function contractWithItsPolicies(dir: string): Promise<string> {
  const example = path.join(folder ?? '', 'contracts', 'docs__examples__contracts__skynet__contract.yaml');
  const text = await readFile(example, 'utf8');
  const document = text.replace(/ref: https:\S+\/(chainloop-commit\.yaml)/, 'ref: file://$1');
  assert.notEqual(document, text);
  const policy = (name: string, kind: string, program: string) =>
    writeFile(
      path.join(dir, `${name}.yaml`),
      `apiVersion: chainloop.dev/v1\nkind: Policy\nmetadata: { name: ${name} }\nspec:\n  policies: [{ kind: ${kind}, ${program} }]\n`,
    );
  await policy('cyclonedx-licenses', 'SBOM_CYCLONEDX_JSON', 'path: licenses.rego');
  const commit = 'package commit\nviolations contains "no commit" if not input.predicate.source.commit';
  await policy('chainloop-commit', 'ATTESTATION', `embedded: ${JSON.stringify(commit)}`);
  const licenses = 'package licenses\nviolations contains "no CycloneDX" if input.bomFormat != "CycloneDX"';
  await writeFile(path.join(dir, 'licenses.rego'), licenses);
  const file = path.join(dir, 'contract.yaml');
  await writeFile(file, document);
  return file;
}

async function pushImage(): Promise<string> {
  const { host } = new URL(world.url);
  const registry = connect(host, { credentials: { username: 'robot', password: new Secret(robot) } });
  const bytes = formatManifest(artifactManifest({ artifactType: 'application/x-skynet', layers: [] }));
  const repository = 'default/skynet/build-and-test/control-plane';
  await pushBlob(registry, repository, EMPTY_BLOB);
  await pushManifest(registry, { repository, tag: 'v1' }, { bytes, mediaType: MEDIA_TYPE.imageManifest });
  return `${host}/${repository}:v1`;
}

describe('the workflow build-and-test', { skip }, () => {
  const OF = ['--project', 'skynet', '--workflow', 'build-and-test'];

  it('is made for the project skynet and the team cyberdyne core', async () => {
    await using at = await workspace();
    const contract = await contractWithItsPolicies(at.dir);
    await admin(['contract', 'apply', contract]);
    const { contract: applied } = await world.owner.describeContract('contract');
    assert.doesNotMatch(JSON.stringify(applied), /file:\/\/|https?:\/\/github/);
    const create = ['workflow', 'create', '--project', 'skynet', '--name', 'build-and-test'];
    const made = await admin([...create, '--contract', 'contract', '--team', 'cyberdyne core', '-o', 'json']);
    assert.equal((JSON.parse(made) as Workflow).team, 'cyberdyne core');
    const account = await admin([
      'workflow',
      'robot-account',
      'create',
      ...OF,
      '--name',
      'github',
      '-o',
      'json',
    ]);
    robot = (JSON.parse(account) as CreatedToken).secret;
  });

  it('collects what the contract wants on GitHub, and shows it in full', async () => {
    await using at = await job(GITHUB);
    checkOut(at.dir);
    const materials = path.join(folder ?? '', 'materials');
    await at.succeed('att init');
    assert.match(await at.succeed('att status'), /skynet-sbom +SBOM_CYCLONEDX_JSON +required +missing/);
    await at.succeed(
      `att add --name skynet-control-plane --value ${await pushImage()} --annotation asset=core`,
    );
    await at.succeed(`att add --name skynet-sbom --value ${path.join(materials, 'sbom.cyclonedx-1.5.json')}`);
    await at.succeed(`att add --name static-out --value ${path.join(materials, 'report.sarif')}`);
    await at.succeed(`att add --name scan-result --value ${path.join(materials, 'twistcli_scan.json')}`);
    const vex = { '@context': 'https://openvex.dev/ns/v0.2.0', '@id': 'https://cyberdyne.example/vex/1' };
    const rest = { author: 'Miles', timestamp: '2026-01-05T10:00:00Z', version: 1, statements: [] };
    await writeFile(path.join(at.dir, 'vex.json'), JSON.stringify({ ...vex, ...rest }));
    await at.succeed('att add --name disclosure --value vex.json');

    const full = await at.succeed('att status --full');
    for (const line of [
      /nothing is missing/,
      /page +https:\/\/github\.com\/cyberdyne\/skynet\/actions\/runs\/1984/,
      /author +Miles <miles@cyberdyne\.example>/,
      /message +Mend the neural net/,
      /remotes +origin https:\/\/github\.com\/cyberdyne\/skynet$/m,
      /request +42/,
      /CUSTOM_VAR +of the build/,
      /GITHUB_RUN_ID +1984/,
      /skynet-control-plane: component +control-plane/,
      /skynet-control-plane: asset +core/,
    ]) {
      assert.match(full, line);
    }
    assert.doesNotMatch(full, /ghs_secret|wb_/);

    await at.succeed('att push');
    const [run] = (await world.owner.listRuns({ project: 'skynet' })).runs;
    assert.equal(run?.state, 'PASSED');
    const { receipt } = await world.owner.describeRun(run?.id ?? '');
    assert.deepEqual(
      receipt?.policies?.map(({ name, outcome }) => `${name} ${outcome}`),
      ['cyclonedx-licenses holds', 'chainloop-commit holds'],
    );
    const verified = await admin(['attestation', 'verify', run?.id ?? '']);
    assert.match(verified, /verified levels +WAYBILL_CONTRACT_VERIFIED, SLSA_BUILD_LEVEL_1/);
    assert.match(verified, /policy +cyclonedx-licenses about skynet-sbom: holds/);
    const bundle = await world.owner.downloadBundle(run?.id ?? '');
    const { dsseEnvelope } = JSON.parse(bundle) as { dsseEnvelope: { payload: string } };
    const { predicate } = JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString()) as {
      predicate: { source: { message: string }; change: { id: string } };
    };
    assert.deepEqual([predicate.source.message, predicate.change.id], ['Mend the neural net', '42']);
  });

  it('does not begin on GitLab, but for a dry run, which the server never hears of', async () => {
    await using at = await job(GITLAB);
    const before = (await world.owner.listRuns({ state: 'INITIALIZED' })).runs.length;
    const { code, stderr } = await at.run('att init');
    assert.equal(code, 1);
    assert.match(stderr, /wants runs on GITHUB_ACTION, and this looks like GITLAB_PIPELINE/);
    const dry = await at.run('att init --dry-run');
    assert.equal(dry.code, 0, dry.stderr);
    assert.match(dry.stderr, /wants runs on GITHUB_ACTION/);
    assert.match(dry.stdout, /dry run: nothing was started[^]*skynet-sbom/);
    const sbom = path.join(folder ?? '', 'materials', 'sbom.cyclonedx-1.5.json');
    await at.succeed(`att add --name skynet-sbom --value ${sbom}`);
    assert.match(
      await at.succeed('att status'),
      /dry run: nothing of it reaches the server[^]*skynet-sbom .*recorded/,
    );
    const early = await at.run('att push');
    assert.deepEqual([early.code, /\[preview_failed\]/.test(early.stderr)], [1, true]);
    const { predicate } = JSON.parse(await at.succeed('att push --no-preview -o json')) as {
      predicate: { materials: object[] };
    };
    assert.equal(predicate.materials.length, 1);
    await assert.rejects(world.owner.describeRun('dry-run'), { code: 'attestation_run_not_found' });
    await at.succeed('att reset');
    assert.equal((await world.owner.listRuns({ state: 'INITIALIZED' })).runs.length, before);
  });
});
