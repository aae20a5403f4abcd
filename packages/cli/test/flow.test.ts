import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Decision, Receipt, RunDetail, StartedRun } from '@waybill/api';
import { connect, pushManifest } from '@waybill/clients/oci';
import { digestOf } from '@waybill/core/digest';
import { MEDIA_TYPE } from '@waybill/core/oci';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { type Ended, ended, startProgram, waybill, workspace } from './program.ts';
import { losingAnswers, silent } from './relay.ts';

const CONTRACT = `apiVersion: chainloop.dev/v1
kind: Contract
metadata: { name: release }
spec:
  materials:
    - { name: app, type: ARTIFACT, output: true }
    - { name: tests, type: JUNIT_XML }
    - { name: version, type: STRING, annotations: [{ name: channel }] }
    - { name: notes, type: EVIDENCE, optional: true }
  envAllowList: [BUILD_NUMBER, DEPLOY_TOKEN]
`;
const JUNIT =
  '<testsuites><testsuite name="a" tests="1"><testcase name="x" classname="y"/></testsuite></testsuites>';

let world: TestWorld;
before(async () => {
  world = await testWorld();
  await world.owner.applyContract({ document: CONTRACT });
  await world.owner.createWorkflow({ project: 'demo', name: 'build', contract: 'release' });
});
after(() => world.close());

/** A directory of a build, and the program in it as its pipeline. */
async function build() {
  const at = await workspace();
  await writeFile(path.join(at.dir, 'app.bin'), `app ${at.dir}`);
  await writeFile(path.join(at.dir, 'junit.xml'), JUNIT);
  const env = {
    WAYBILL_URL: world.url,
    WAYBILL_TOKEN: world.ownerToken.reveal(),
    BUILD_NUMBER: '42',
    DEPLOY_TOKEN: 'x',
  };
  const run = (words: string, more: NodeJS.ProcessEnv = {}) =>
    waybill(words.split(' '), { cwd: at.dir, env: { ...env, ...more } });
  return {
    dir: at.dir,
    env,
    run,
    init: () => succeed(run('attestation init --project demo --workflow build -o json')),
    addAll: () =>
      Promise.all([
        succeed(run('att add --name app --value app.bin')),
        succeed(run('att add --value junit.xml')),
        succeed(run('att add --name version --value 1.4.0 --annotation channel=beta')),
      ]),
    states: async () => (await readdir(path.join(at.dir, '.waybill'))).toSorted(),
    [Symbol.asyncDispose]: () => at[Symbol.asyncDispose](),
  };
}

async function succeed(run: Promise<Ended>): Promise<Ended> {
  const result = await run;
  assert.equal(result.code, 0, result.stderr);
  return result;
}

async function fail(run: Promise<Ended>, code: number, text: RegExp): Promise<void> {
  const result = await run;
  assert.match(result.stderr, text);
  assert.ok(!/\n {4}at /.test(result.stderr), 'a stack');
  assert.equal(result.code, code);
}

const parsed = <T>({ stdout }: Ended): T => JSON.parse(stdout) as T;

describe('an attestation by separate processes', () => {
  it('is collected, signed keyless, judged PASSED, and verified again by others', async () => {
    await using at = await build();
    const started = await at.init();
    const { runId } = parsed<{ runId: string }>(started);
    assert.match(started.stderr, /DEPLOY_TOKEN .*not recorded/);
    assert.deepEqual(await at.states(), ['attestation-default.json']);
    // Three processes at once: the lock of the state lets none of them be forgotten.
    await at.addAll();
    const status = parsed<{ complete: boolean; environment: object }>(
      await succeed(at.run('att status -o json')),
    );
    assert.deepEqual([status.complete, status.environment], [true, { BUILD_NUMBER: '42' }]);

    // Judged, and only the copy for the person fails: the state stays for a retry, which gets the same receipt.
    await fail(at.run('att push --bundle .'), 1, /judged the attestation PASSED.*\[cli_file\]/);
    const receipt = parsed<Receipt>(await succeed(at.run('att push --bundle bundle.json -o json')));
    assert.equal(receipt.result, 'PASSED');
    assert.equal(receipt.runId, runId);
    assert.deepEqual(await at.states(), []);
    assert.equal(
      digestOf(await readFile(path.join(at.dir, 'bundle.json'))),
      receipt.attestation.bundleDigest,
    );

    const verified = parsed<{ verified: boolean; result: string }>(
      await succeed(at.run(`att verify ${runId} -o json`)),
    );
    assert.deepEqual([verified.verified, verified.result], [true, 'PASSED']);
    await writeFile(path.join(at.dir, 'root.json'), await world.owner.trustedRoot());
    const offline = `verify bundle.json --trusted-root root.json --certificate-oidc-issuer ${world.url}/oidc`;
    const nowhere = { WAYBILL_URL: 'http://127.0.0.1:9' };
    const identity = `${world.url}/oidc/default/demo/build`;
    await succeed(at.run(`${offline} --certificate-identity ${identity} --artifact app.bin`, nowhere));
    await fail(
      at.run(`${offline} --certificate-identity ${identity} --artifact junit.xml`, nowhere),
      3,
      /verify_artifact/,
    );
    await fail(
      at.run(`${offline} --certificate-identity other --artifact app.bin`, nowhere),
      3,
      /verify_identity/,
    );
    await fail(at.run(`${offline} --artifact app.bin`, nowhere), 2, /belong together/);
    await fail(
      at.run(`${offline} --certificate-identity ${identity} --artifact sha256:12`, nowhere),
      2,
      /64 hex digits/,
    );

    await writeFile(path.join(at.dir, 'verdict.json'), await world.owner.downloadVerdict(runId));
    const verdict = offline.replace('bundle.json', 'verdict.json');
    const passed = await succeed(
      at.run(`${verdict} --certificate-identity ${world.url}/verifier --artifact app.bin -o json`, nowhere),
    );
    const { verificationResult, verifiedLevels } = parsed<{
      verificationResult: string;
      verifiedLevels: string[];
    }>(passed);
    assert.equal(verificationResult, 'PASSED');
    assert.deepEqual(verifiedLevels, ['WAYBILL_CONTRACT_VERIFIED', 'SLSA_BUILD_LEVEL_1']);

    const subject = digestOf(await readFile(path.join(at.dir, 'app.bin')));
    const allowed = parsed<Decision>(
      await succeed(at.run(`gate check app@${subject} --contract release -o json`)),
    );
    assert.equal(allowed.outcome, 'allow');
    const denied = await at.run(`gate check sha256:${'0'.repeat(64)} --contract release -o json`);
    assert.deepEqual([denied.code, parsed<Decision>(denied).outcome], [4, 'deny']);
  });

  it('sends the same bytes again when the answer was lost, and gets the same receipt', async () => {
    await using at = await build();
    await at.init();
    await at.addAll();
    await using relay = await losingAnswers(world.url);
    const stateFile = path.join(at.dir, '.waybill/attestation-default.json');
    const direct = await readFile(stateFile, 'utf8');
    await writeFile(stateFile, direct.replaceAll(world.url, relay.url));
    await fail(at.run('att push', { WAYBILL_URL: relay.url }), 1, /client_unreachable/);
    const { signedBundle, run } = JSON.parse(await readFile(stateFile, 'utf8')) as {
      signedBundle: string;
      run: StartedRun;
    };
    const first = (await world.owner.describeRun(run.id)).receipt;
    assert.equal(first?.result, 'PASSED');
    await fail(at.run('att add --name notes --value app.bin', { WAYBILL_URL: relay.url }), 1, /state_signed/);

    relay.lose = false;
    const retry = await succeed(at.run('att push -o json', { WAYBILL_URL: relay.url }));
    assert.match(retry.stderr, /already signed/);
    const {
      bundleFile: _file,
      attachments: _beside,
      ...receipt
    } = parsed<Receipt & { bundleFile: null; attachments: [] }>(retry);
    assert.deepEqual(receipt, first);
    assert.deepEqual(new Set(relay.pushed), new Set([signedBundle]));
    assert.equal(relay.pushed.length, 2);
  });

  it('is not sent while something is missing; sent all the same it is FAILED and exit code 4', async () => {
    await using at = await build();
    const { runId } = parsed<{ runId: string }>(await at.init());
    await succeed(at.run('att add --name app --value app.bin'));
    await fail(at.run('att push'), 1, /requires the material tests .*\[preview_failed\]/s);
    const pushed = await at.run('att push --no-preview -o json');
    assert.equal(pushed.code, 4, pushed.stderr);
    const receipt = parsed<Receipt>(pushed);
    assert.deepEqual([...new Set(receipt.findings.map(({ step }) => step))], ['contract']);
    assert.equal((await at.run(`att verify ${runId}`)).code, 4);
    await writeFile(path.join(at.dir, 'verdict.json'), await world.owner.downloadVerdict(runId));
    await writeFile(path.join(at.dir, 'root.json'), await world.owner.trustedRoot());
    const verdict = `verify verdict.json --trusted-root root.json --artifact app.bin --certificate-identity ${world.url}/verifier --certificate-oidc-issuer ${world.url}/oidc`;
    const refused = await at.run(verdict);
    assert.match(refused.stdout, /verdict\.json +verified[\s\S]*verificationResult +FAILED/);
    assert.deepEqual([refused.code, refused.stderr], [4, '']);
    const facts = parsed<{ verified: boolean; verificationResult: string }>(
      await at.run(`${verdict} -o json`),
    );
    assert.deepEqual([facts.verified, facts.verificationResult], [true, 'FAILED']);
    assert.match((await at.run(`run describe ${runId}`)).stdout, /verdict +FAILED[\s\S]*2 findings:/);
  });

  it('is signed by a registered key', async () => {
    await using at = await build();
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(path.join(at.dir, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await writeFile(path.join(at.dir, 'key.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    await at.init();
    await at.addAll();
    // Refused and not kept: the next push signs anew.
    await fail(at.run('att push --key key.pem'), 1, /attestation_signer_unverified/);
    await fail(at.run('key add ci --public-key key.pem'), 2, /is a private key/);
    await succeed(at.run('key add ci --public-key key.pub'));
    const pem = await readFile(path.join(at.dir, 'key.pem'), 'utf8');
    const receipt = parsed<Receipt>(
      await succeed(at.run('att push --key env://CI_KEY -o json', { CI_KEY: pem })),
    );
    assert.equal(receipt.signer.type === 'key' && receipt.signer.name, 'ci');
    await succeed(at.run(`att verify ${receipt.runId}`));
  });

  it('takes an image of the built-in registry by its digest', async () => {
    await using at = await build();
    const { host } = new URL(world.url);
    const registry = connect(host, { credentials: { username: 'x', password: world.ownerToken } });
    const manifest = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.imageIndex, manifests: [] }),
    );
    const pushed = await pushManifest(
      registry,
      { repository: 'default/demo/app', tag: '1' },
      { bytes: manifest, mediaType: MEDIA_TYPE.imageIndex },
    );
    await at.init();
    const added = await succeed(
      at.run(`att add --name image --kind CONTAINER_IMAGE --value ${host}/default/demo/app:1 -o json`),
    );
    const { material } = parsed<{ material: { reference: string; output: boolean } }>(added);
    assert.deepEqual(
      [material.reference, material.output],
      [`${host}/default/demo/app:1@${pushed.digest}`, false],
    );
  });
});

describe('waybill attestation', () => {
  it('opens one attestation per directory and name, and gives it up by reset', async () => {
    await using at = await build();
    const { runId } = parsed<{ runId: string }>(await at.init());
    await fail(at.run('att init --project demo --workflow build'), 1, /state_exists/);
    await succeed(at.run('att init --project demo --workflow build --attestation second'));
    assert.deepEqual(await at.states(), ['attestation-default.json', 'attestation-second.json']);
    await succeed(at.run('att reset --reason over'));
    assert.equal((await world.owner.describeRun(runId)).state, 'CANCELLED');
    await succeed(at.run('att init --project demo --workflow build --attestation second --replace'));
    assert.deepEqual(await at.states(), ['attestation-second.json']);
    await fail(at.run('att status'), 1, /state_missing/);
  });

  it('leaves no run open when the runner is not the one of the contract', async () => {
    await using at = await build();
    await world.owner.applyContract({
      document: 'schemaVersion: v1\nrunner: { type: GITHUB_ACTION }',
      name: 'on-github',
    });
    await world.owner.createWorkflow({ project: 'demo', name: 'on-github', contract: 'on-github' });
    await fail(at.run('att init --project demo --workflow on-github'), 1, /runner_mismatch/);
    const { runs } = await world.owner.listRuns({ workflow: 'on-github' });
    assert.deepEqual(
      runs.map(({ state }) => state),
      ['CANCELLED'],
    );
  });

  it('says what is wrong with a material before anything is recorded', async () => {
    await using at = await build();
    await at.init();
    await writeFile(path.join(at.dir, 'empty'), '');
    await writeFile(path.join(at.dir, 'bad.xml'), '<testsuites>');
    await fail(at.run('att add --name tests --value empty'), 1, /is empty.*\[material_empty\]/);
    await fail(at.run('att add --value '), 1, /--value is empty.*\[material_empty\]/);
    await fail(
      at.run('att add --name tests --value bad.xml'),
      1,
      /not a valid JUNIT_XML.*\[material_invalid\]/,
    );
    await fail(at.run('att add --name test --value junit.xml'), 1, /did you mean tests\?/);
    await fail(at.run('att add --name tests --value nowhere.xml'), 1, /no such file.*\[cli_file\]/);
    await fail(at.run('att add --name extra --kind SBOM --value junit.xml'), 1, /material_kind_unknown/);
    await fail(at.run('att add --name version --value 1'), 1, /annotation channel.*\[annotation_missing\]/);
    assert.equal(
      parsed<{ materials: { recorded: unknown }[] }>(await at.run('att status -o json')).materials.filter(
        ({ recorded }) => recorded,
      ).length,
      0,
    );
  });

  it('has nothing to verify before it is pushed, which is no success', async () => {
    await using at = await build();
    const { runId } = parsed<{ runId: string }>(await at.init());
    await fail(at.run(`att verify ${runId}`), 3, /nothing to verify/);
  });

  it('leaves the recorded state and nothing else on Ctrl-C', async () => {
    await using at = await build();
    await at.init();
    await using relay = await silent();
    const stateFile = path.join(at.dir, '.waybill/attestation-default.json');
    const recorded = (await readFile(stateFile, 'utf8')).replaceAll(world.url, relay.url);
    await writeFile(stateFile, recorded);
    const child = startProgram(['att', 'add', '--name', 'app', '--value', 'app.bin'], {
      cwd: at.dir,
      env: { ...at.env, WAYBILL_URL: relay.url },
    });
    const end = ended(child);
    await relay.asked;
    child.kill('SIGINT');
    assert.equal((await end).code, 130);
    assert.deepEqual(await at.states(), ['attestation-default.json']);
    assert.equal(await readFile(stateFile, 'utf8'), recorded);
  });
});

describe('waybill login', () => {
  it('takes the owner token of a local server, and one on standard input', async () => {
    await using at = await workspace();
    const local = ['login', '--local', '--data', world.dataDir, '--server', world.url];
    await writeFile(path.join(world.dataDir, 'owner-token'), `${world.ownerToken.reveal()}\n`);
    await succeed(waybill(local, { cwd: at.dir }));
    const me = parsed<{ organization: string; role: string }>(
      await succeed(waybill(['whoami', '-o', 'json'], { cwd: at.dir })),
    );
    assert.deepEqual([me.organization, me.role], ['default', 'owner']);

    const created = await succeed(
      waybill(['token', 'create', '--name', 'reader', '--role', 'viewer', '--expires', '1h'], {
        cwd: at.dir,
      }),
    );
    const login = ['login', '--server', world.url, '--token', '-'];
    const reader = await succeed(waybill(login, { cwd: at.dir, stdin: created.stdout }));
    assert.match(reader.stdout, /logged in .* as reader \(viewer/);
    await fail(waybill(['token', 'create', '--name', 'more'], { cwd: at.dir }), 1, /identity_forbidden/);
    await fail(waybill(login, { cwd: at.dir, stdin: 'wb_wrong_token' }), 1, /identity_unauthenticated/);
    await fail(waybill(login, { cwd: at.dir, stdin: '' }), 2, /found nothing/);
    await fail(waybill(['login', '--local', '--data', at.dir], { cwd: at.dir }), 1, /no owner token/);
  });
});

describe('lists and descriptions', () => {
  it('show what was made, as tables and as JSON', async () => {
    await using at = await build();
    const contract = path.join(at.dir, 'c.yaml');
    await writeFile(
      contract,
      CONTRACT.replace('optional: true', 'optional: true, colour: red').replace('release', 'listed'),
    );
    const applied = await succeed(at.run('contract apply c.yaml'));
    assert.match(applied.stderr, /c\.yaml:9:\d+: warning: /);
    await fail(at.run('contract apply c.yaml --strict'), 1, /contract_invalid/);
    for (const words of ['-f c.yaml', '--file=c.yaml', '--contract c.yaml']) {
      assert.match((await succeed(at.run(`contract apply ${words}`))).stdout, /unchanged: revision 1/);
    }
    const input = { cwd: at.dir, env: at.env, stdin: await readFile(contract, 'utf8') };
    assert.match((await succeed(waybill(['contract', 'apply', '-'], input))).stdout, /unchanged/);
    await fail(waybill(['contract', 'apply', '-'], { ...input, stdin: '' }), 1, /standard input is empty/);
    await fail(at.run('contract apply'), 2, /expected FILE/);
    await fail(at.run('contract apply c.yaml -f c.yaml'), 2, /expected one document/);
    assert.match((await at.run('contract list')).stdout, /^CONTRACT +REVISION[\s\S]*\nlisted +1 /);
    assert.equal(
      (await at.run('contract describe listed --document')).stdout,
      await readFile(contract, 'utf8'),
    );
    await succeed(at.run('workflow create --project shop --name web --contract listed --team core'));
    assert.match(
      (await at.run('workflow list --project shop')).stdout,
      /\nshop +web +listed +in force +core +0 +-/,
    );
    assert.match((await at.run('workflow list --project none')).stdout, /^no workflows in the project none/);
    assert.match((await at.run('workflow describe shop/web')).stdout, /contract +listed/);
    await fail(at.run('workflow describe shop'), 2, /PROJECT\/WORKFLOW/);
    await fail(at.run('workflow create --project Shop --name web --contract listed'), 2, /: shop would do/);
    await fail(at.run('run list --limit 201'), 2, /from 1 to 200/);
    await fail(at.run('token create --name x --expires 1s'), 2, /1m to 3660d/);
    const tls = world.url.replace('http:', 'https:');
    await fail(at.run('whoami', { WAYBILL_URL: tls }), 1, /does not speak TLS.*\[client_unreachable\]\n$/);
    const { runs } = parsed<{ runs: RunDetail[] }>(await succeed(at.run('run list --limit 1 -o json')));
    assert.equal(runs.length, 1);
    await fail(at.run('token revoke listed'), 1, /waybill token list/);
    await fail(at.run('key remove listed'), 1, /waybill key list/);
    assert.match((await at.run('key list')).stdout, /^NAME +FINGERPRINT/);
    assert.match((await at.run('token list')).stdout, /owner +organization +active/);
  });
});
