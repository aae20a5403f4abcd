/** A release job as people wrote it for Chainloop, run as it stands: only the program behind its name is another. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CreatedToken } from '@waybill/api';
import { connect, pushBlob, pushManifest } from '@waybill/clients/oci';
import { Secret } from '@waybill/core';
import { artifactManifest, EMPTY_BLOB, formatManifest, MEDIA_TYPE } from '@waybill/core/oci';
import { variablesOf } from '@waybill/core/runner';
import { sharedPath, type TestWorld, testWorld } from '@waybill/testkit';
import { BIN, cleanEnv, type Ended, ended, waybill, workspace } from './program.ts';

const vectors = sharedPath('vectors', 'chainloop');
const { path: folder, skip } = vectors;
const OF = '--workflow shop/release';

/** The lines of `script:` and `after_script:`. */
const JOB = `set -e
chainloop attestation init
chainloop attestation add --name image --value "$IMAGE"
chainloop attestation add --name sbom --value sbom.cyclonedx.json
chainloop attestation status
chainloop attestation push --key env://CHAINLOOP_SIGNING_KEY --graceful-exit=false
`;

/** What GitLab sets for a job. */
const GITLAB: NodeJS.ProcessEnv = {
  ...Object.fromEntries(variablesOf('GITLAB_PIPELINE').required.map((name) => [name, name.toLowerCase()])),
  GITLAB_CI: 'true',
  CI: 'true',
  CI_JOB_URL: 'https://gitlab.example.com/acme/shop/-/jobs/7',
  CI_JOB_TOKEN: 'glcbt-secret',
};

let world: TestWorld;
let image: string;
let signingKey: string;
before(async () => {
  if (folder === null) return;
  world = await testWorld();
  const contract = path.join(
    folder,
    'contracts',
    'docs__examples__contracts__container-image-sbom__gitlab.yaml',
  );
  const { name } = await world.owner.applyContract({ document: await readFile(contract, 'utf8') });
  await world.owner.createWorkflow({ project: 'shop', name: 'release', contract: name });
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  signingKey = privateKey
    .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'of the key' })
    .toString();
  await world.owner.addKey({
    name: 'release',
    publicKey: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  });
});
after(() => world?.close());

async function admin(words: string): Promise<string> {
  await using at = await workspace();
  const env = { WAYBILL_URL: world.url, WAYBILL_TOKEN: world.ownerToken.reveal() };
  const { code, stdout, stderr } = await waybill(words.split(' '), { cwd: at.dir, env });
  assert.equal(code, 0, stderr);
  return stdout;
}

/** Pushes what the build has made, by the robot account alone. */
async function pushImage(robot: Secret<string>): Promise<string> {
  const { host } = new URL(world.url);
  const registry = connect(host, { credentials: { username: 'robot', password: robot } });
  const bytes = formatManifest(artifactManifest({ artifactType: 'application/x-shop', layers: [] }));
  const repository = 'default/shop/release/app';
  await pushBlob(registry, repository, EMPTY_BLOB);
  await pushManifest(registry, { repository, tag: '1.4.0' }, { bytes, mediaType: MEDIA_TYPE.imageManifest });
  return `${host}/${repository}:1.4.0`;
}

async function runJob(robot: string, more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  await using at = await workspace();
  const bin = path.join(at.dir, 'bin');
  await mkdir(bin);
  await writeFile(path.join(bin, 'chainloop'), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`);
  await chmod(path.join(bin, 'chainloop'), 0o755);
  const sbom = path.join(folder ?? '', 'materials', 'sbom.cyclonedx-1.5.json');
  await copyFile(sbom, path.join(at.dir, 'sbom.cyclonedx.json'));
  const env = {
    ...GITLAB,
    PATH: `${bin}:${process.env['PATH']}`,
    WAYBILL_URL: world.url,
    IMAGE: image,
    CHAINLOOP_ROBOT_ACCOUNT: robot,
    CHAINLOOP_SIGNING_KEY: signingKey,
    CHAINLOOP_SIGNING_PASSWORD: 'of the key',
    ...more,
  };
  const child = spawn('sh', ['-c', JOB], { cwd: at.dir, env: cleanEnv(at.dir, env), stdio: 'pipe' });
  return await ended(child);
}

describe('a release job on GitLab', { skip }, () => {
  let robot: string;

  it('starts, records and pushes by its robot account, signed by its key', async () => {
    const made = await admin(`workflow robot-account create ${OF} --name gitlab -o json`);
    robot = (JSON.parse(made) as CreatedToken).secret;
    image = await pushImage(new Secret(robot));
    const { code, stdout, stderr } = await runJob(robot);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /PASSED/);
    assert.doesNotMatch(stdout + stderr, /glcbt-secret|of the key|wb_/);
    const { runs } = await world.owner.listRuns();
    const run = await world.owner.describeRun(runs[0]?.id ?? '');
    assert.equal(run.state, 'PASSED');
    assert.equal(run.runner, 'GITLAB_PIPELINE');
    assert.deepEqual(run.receipt?.signer.type, 'key');
  });

  it('leaves its evidence beside the image', async () => {
    const [run] = (await world.owner.listRuns()).runs;
    const { receipt } = await world.owner.describeRun(run?.id ?? '');
    const path = `/v2/default/shop/release/app/referrers/${receipt?.subjects[0]?.digest}`;
    const headers = { authorization: `Bearer ${world.ownerToken.reveal()}` };
    const index = (await (await fetch(world.url + path, { headers })).json()) as { manifests: object[] };
    // The attestation, the verdict, and the provenance that the server signs.
    assert.equal(index.manifests.length, 3);
  });

  it('is refused where it runs elsewhere than its contract says', async () => {
    const elsewhere = { GITLAB_CI: '', GITHUB_REPOSITORY: 'acme/shop', GITHUB_RUN_ID: '1' };
    const github = Object.fromEntries(variablesOf('GITHUB_ACTION').required.map((name) => [name, 'x']));
    const { code, stderr } = await runJob(robot, { ...github, ...elsewhere });
    assert.equal(code, 1);
    assert.match(stderr, /wants runs on GITLAB_PIPELINE, and this looks like GITHUB_ACTION/);
  });

  it('fails with a clear word once the robot account is revoked', async () => {
    await admin(`workflow robot-account revoke gitlab ${OF}`);
    const { code, stdout, stderr } = await runJob(robot);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /This API token \("gitlab"\) was revoked at .*waybill workflow robot-account rotate/,
    );
    assert.ok(!stderr.includes(robot));
  });

  it('goes on without its attestation under --graceful-exit, and says so', async () => {
    await using at = await workspace();
    const env = { WAYBILL_URL: world.url, CHAINLOOP_ROBOT_ACCOUNT: robot };
    const { code, stderr } = await waybill(['att', 'init', '--graceful-exit'], { cwd: at.dir, env });
    assert.equal(code, 0);
    assert.match(stderr, /was revoked at[^]*exit code 0 in place of 1/);
  });
});
