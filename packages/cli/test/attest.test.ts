import assert from 'node:assert/strict';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Receipt } from '@waybill/api';
import { connect, listReferrers, pushBlob, pushManifest } from '@waybill/clients/oci';
import { digestOf } from '@waybill/core/digest';
import { artifactManifest, EMPTY_BLOB, formatManifest, MEDIA_TYPE } from '@waybill/core/oci';
import { craneRegistry, requirePeer, type TestWorld, testWorld } from '@waybill/testkit';
import type { Attachment } from '../src/attach-run.ts';
import { type Ended, ended, spawned, startProgram, waybill, workspace } from './program.ts';
import { losingAnswers, silent } from './relay.ts';

const CONTRACT = `apiVersion: chainloop.dev/v1
kind: Contract
metadata: { name: release }
spec:
  materials:
    - { name: app, type: ARTIFACT, output: true }
    - { name: tests, type: JUNIT_XML }
    - { name: version, type: STRING, annotations: [{ name: channel }] }
  annotations: [{ name: ticket }]
`;
const JUNIT =
  '<testsuites><testsuite name="a" tests="1"><testcase name="x" classname="y"/></testsuite></testsuites>';
const MATERIALS = '--material app=app.bin --material tests=junit.xml --material version=1.4.0';
const ANNOTATIONS = '--material-annotation version:channel=beta --annotation ticket=W-7';
const WORKFLOW = '--project demo --workflow build';
const WHOLE = `attest ${WORKFLOW} ${MATERIALS} ${ANNOTATIONS} -o json`;

const cosign = requirePeer('cosign');
const crane = requirePeer('crane');
type Pushed = Receipt & { readonly attachments: readonly Attachment[] };

function parsed<T>({ code, stdout, stderr }: Ended): T {
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  return JSON.parse(stdout) as T;
}

let world: TestWorld;
before(async () => {
  world = await testWorld();
  await world.owner.applyContract({ document: CONTRACT });
  await world.owner.createWorkflow({ project: 'demo', name: 'build', contract: 'release' });
});
after(() => world.close());

async function build(url = world.url) {
  const at = await workspace();
  await writeFile(path.join(at.dir, 'app.bin'), `app ${at.dir}`);
  await writeFile(path.join(at.dir, 'junit.xml'), JUNIT);
  const env = { WAYBILL_URL: url, WAYBILL_TOKEN: world.ownerToken.reveal() };
  return {
    dir: at.dir,
    start: (words: string) => startProgram(words.split(' '), { cwd: at.dir, env }),
    run: (words: string, more: NodeJS.ProcessEnv = {}) =>
      waybill(words.split(' '), { cwd: at.dir, env: { ...env, ...more } }),
    states: () => readdir(path.join(at.dir, '.waybill')).catch((): string[] => []),
    [Symbol.asyncDispose]: () => at[Symbol.asyncDispose](),
  };
}

const runsOf = async () => (await world.owner.listRuns({ workflow: 'build' })).runs;
const newest = async () => {
  const [run] = await runsOf();
  assert.ok(run);
  return run;
};

describe('waybill attest', () => {
  it('starts, records, signs and pushes in one process, by five requests beside the materials', async () => {
    await using relay = await losingAnswers(world.url);
    relay.lose = false;
    await using at = await build(relay.url);
    const ended = await at.run(`${WHOLE} --bundle bundle.json --summary app.bin/none`);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(
      ended.stderr,
      /^warning: the summary is not written to app\.bin\/none \(a part of the path/m,
    );
    const receipt = JSON.parse(ended.stdout) as Receipt;
    assert.equal(receipt.result, 'PASSED');
    assert.deepEqual(await at.states(), []);
    const verified = await at.run(`att verify ${receipt.runId}`);
    assert.equal(verified.code, 0, verified.stderr);

    const beside = relay.asked.slice(
      0,
      relay.asked.findIndex((asked) => asked.endsWith('/bundle')),
    );
    // The first two go out together, so that a pipeline waits four times.
    assert.deepEqual(new Set(beside.slice(0, 2)), new Set(['POST /waybill/v1/runs', 'POST /oidc/token']));
    assert.deepEqual(
      beside.slice(2).filter((asked) => !asked.includes(' /v2/')),
      [
        'POST /api/v2/signingCert',
        'POST /api/v1/timestamp',
        `POST /waybill/v1/runs/${receipt.runId}/attestation`,
      ],
    );
  });

  it('leaves no run open when a material, an annotation or the runner is wrong', async () => {
    await using at = await build();
    const before = (await runsOf()).length;
    const wrong: readonly (readonly [string, RegExp])[] = [
      [WHOLE.replace('app.bin', 'gone.bin'), /cannot read .*gone\.bin/],
      [WHOLE.replace('junit.xml', 'app.bin'), /JUNIT_XML/],
      [WHOLE.replace('app=app.bin', 'app='), /--material app is empty/],
      [WHOLE.replace('tests=', 'test='), /did you mean tests\?/],
      [WHOLE.replace('version:channel=beta', 'app:channel=beta'), /wants the annotation channel/],
      [WHOLE.replace(' --annotation ticket=W-7', ''), /wants the annotation ticket/],
      [WHOLE.replace(' --material app=app.bin', ''), /requires the material app .*\[preview_failed\]/s],
    ];
    for (const [words, text] of wrong) {
      const { code, stderr } = await at.run(words);
      assert.match(stderr, text);
      assert.equal(code, 1, words);
    }
    const runs = (await runsOf()).slice(0, wrong.length);
    assert.deepEqual(new Set(runs.map(({ state }) => state)), new Set(['CANCELLED']));
    const usage = [
      [WHOLE.replace('app=app.bin', 'app'), /expected NAME=VALUE or NAME:KIND=VALUE/],
      [`${WHOLE} --material app=junit.xml`, /app stands twice/],
      [`${WHOLE} --material-annotation gone:a=b`, /there is no --material gone/],
      [`${WHOLE} --material-annotation a=b`, /expected NAME:KEY=VALUE/],
    ] as const;
    for (const [words, text] of usage) {
      const { code, stderr } = await at.run(words);
      assert.match(stderr, text);
      assert.equal(code, 2, words);
    }
    assert.equal((await runsOf()).length, before + wrong.length);
    assert.deepEqual(await at.states(), []);
  });

  it('says FAILED by exit code 4 when it was told to push what is incomplete', async () => {
    await using at = await build();
    const words = `attest ${WORKFLOW} --material app=app.bin --material log:EVIDENCE=junit.xml --no-preview -o json`;
    const page = path.join(at.dir, 'page.md');
    await writeFile(page, 'of the step before\n');
    const { code, stdout, stderr } = await at.run(words, { GITHUB_STEP_SUMMARY: page });
    assert.equal(code, 4, stderr);
    assert.equal((JSON.parse(stdout) as Receipt).result, 'FAILED');
    const shown = await readFile(page, 'utf8');
    assert.match(shown, /^of the step before\n\n### Waybill: demo\/build: ❌ FAILED\n/);
    assert.match(shown, /\| app \| ARTIFACT \| app\.bin \| <code>sha256&#58;[0-9a-f]{64}<\/code> \|/);
  });

  it('keeps what it signed when the answer is lost: sent again, it is judged once', async () => {
    await using relay = await losingAnswers(world.url);
    await using at = await build(relay.url);
    const lost = await at.run(WHOLE);
    assert.equal(lost.code, 1);
    const run = await newest();
    assert.equal(run.state, 'PASSED');
    const file = `.waybill/attestation-${run.id}.json`;
    assert.match(lost.stderr, /client_unreachable/);
    assert.ok(lost.stderr.includes(`waybill attestation push --state ${file}`));
    relay.lose = false;
    const again = await at.run(`attestation push --state ${file} -o json`);
    assert.equal(again.code, 0, again.stderr);
    const {
      bundleFile: _file,
      attachments: _beside,
      ...receipt
    } = JSON.parse(again.stdout) as Pushed & { bundleFile: null };
    assert.deepEqual(receipt, (await world.owner.describeRun(run.id)).receipt);
    assert.deepEqual([relay.pushed.length, new Set(relay.pushed).size], [2, 1]);
    assert.deepEqual(await at.states(), []);
  });

  it('cancels its run when the server refuses the signer', async () => {
    await using at = await build();
    const key = (await import('node:crypto')).generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    await writeFile(path.join(at.dir, 'key.pem'), key.export({ type: 'pkcs8', format: 'pem' }));
    const { code, stderr } = await at.run(`${WHOLE} --key key.pem`);
    assert.match(stderr, /attestation_signer_unverified/);
    assert.equal(code, 1);
    assert.equal((await newest()).state, 'CANCELLED');
    assert.deepEqual(await at.states(), []);
  });

  it('is killed at any moment, and the same command does it all again', async () => {
    await using at = await build();
    for (const afterMs of [150, 250, 350]) {
      const child = at.start(WHOLE);
      const gone = ended(child);
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, afterMs))]);
      child.kill('SIGKILL');
      await gone;
    }
    const whole = await at.run(WHOLE);
    assert.equal(whole.code, 0, whole.stderr);
  });

  it('ends its run when it is interrupted while the server keeps it waiting', async () => {
    await using relay = await silent();
    await using at = await build(relay.url);
    const child = at.start(WHOLE);
    const gone = ended(child);
    await relay.asked;
    child.kill('SIGINT');
    await once(child, 'close');
    assert.equal((await gone).code, 130);
  });
});

describe('waybill artifact', () => {
  it('takes a file once, and gives it back whole or not at all', async () => {
    await using at = await build();
    const bytes = randomBytes(3 * 1024 * 1024);
    await writeFile(path.join(at.dir, 'in.bin'), bytes);
    const upload = `artifact upload in.bin --workflow demo/build -o json`;
    const expected = { digest: digestOf(bytes), sizeBytes: bytes.length, repository: 'default/demo/build' };
    assert.deepEqual(parsed(await at.run(upload)), { ...expected, uploaded: true });
    assert.deepEqual(parsed(await at.run(upload)), { ...expected, uploaded: false });
    const download = `artifact download ${expected.digest} --workflow demo/build --to out.bin`;
    const got = await at.run(download);
    assert.equal(got.code, 0, got.stderr);
    assert.ok((await readFile(path.join(at.dir, 'out.bin'))).equals(bytes));

    // Other bytes under that digest, of the same length: the file that was there stays as it is.
    const hex = expected.digest.slice('sha256:'.length);
    const stored = path.join(world.dataDir, 'blobs', 'store', 'sha256', hex.slice(0, 2), hex);
    await chmod(stored, 0o600);
    await writeFile(stored, randomBytes(bytes.length));
    const wrong = await at.run(download);
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /not those of sha256:.*oci_client_digest_mismatch/s);
    assert.deepEqual(
      (await readdir(at.dir)).filter((name) => name.includes('out')),
      ['out.bin'],
    );
    assert.ok((await readFile(path.join(at.dir, 'out.bin'))).equals(bytes));
    const none = await at.run(
      `artifact download sha256:${'0'.repeat(64)} --workflow demo/build --to none.bin`,
    );
    assert.equal(none.code, 1);
    assert.match(none.stderr, /is not in default\/demo\/build.*cli_artifact_missing/s);
    assert.ok(!(await readdir(at.dir)).includes('none.bin'));
  });
});

describe('evidence beside images in other registries', { skip: cosign.skip || crane.skip }, () => {
  const IMAGES = `apiVersion: chainloop.dev/v1
kind: Contract
metadata: { name: images }
spec: { materials: [{ name: image, type: CONTAINER_IMAGE, output: true }] }
`;
  it('is attached there by its own credentials, found by cosign, and attached again by one command', async () => {
    await world.owner.applyContract({ document: IMAGES });
    await world.owner.createWorkflow({ project: 'demo', name: 'image', contract: 'images' });
    await using registry = await craneRegistry();
    const elsewhere = connect(registry.host);
    const bytes = formatManifest(artifactManifest({ artifactType: 'application/x-app', layers: [] }));
    await pushBlob(elsewhere, 'acme/app', EMPTY_BLOB);
    await pushManifest(
      elsewhere,
      { repository: 'acme/app', tag: '1' },
      { bytes, mediaType: MEDIA_TYPE.imageManifest },
    );
    await using at = await build();
    const attest = `attest --workflow demo/image --material image=${registry.host}/acme/app:1 -o json`;
    const kept = parsed<Pushed>(await at.run(`${attest} --no-attach`));
    const image = `${registry.host}/acme/app@${digestOf(bytes)}`;
    assert.deepEqual(kept.attachments, []);
    assert.deepEqual(await listReferrers(elsewhere, 'acme/app', digestOf(bytes)), []);
    const pushed = parsed<Pushed>(await at.run(attest));
    assert.deepEqual(pushed.attachments, [{ image, state: 'attached' }]);
    const again = parsed<Pushed>(await at.run(`attestation attach ${pushed.runId} -o json`));
    assert.deepEqual(again.attachments, [{ image, state: 'present' }]);

    const tree = await spawned(cosign.path ?? '', ['tree', '--allow-http-registry', image], { cwd: at.dir });
    assert.equal(tree.code, 0, tree.stderr);
    for (const type of [
      'waybill.dev/attestation/run/v1',
      'slsa.dev/verification_summary',
      'slsa.dev/provenance',
    ])
      assert.match(tree.stdout, new RegExp(type));
    await writeFile(path.join(at.dir, 'root.json'), await world.owner.trustedRoot());
    assert.ok(pushed.signer.type === 'certificate');
    const { issuer, subject } = pushed.signer;
    const verified = await spawned(
      cosign.path ?? '',
      `verify-attestation --trusted-root root.json --allow-http-registry --type https://waybill.dev/attestation/run/v1 --certificate-identity ${subject} --certificate-oidc-issuer ${issuer} ${image}`.split(
        ' ',
      ),
      { cwd: at.dir },
    );
    assert.equal(verified.code, 0, verified.stderr);

    // The verdict stands, whatever becomes of what is attached.
    await using relay = await losingAnswers(world.url);
    Object.assign(relay, { lose: false, loses: /\/verdict$/ });
    await using cut = await build(relay.url);
    const half = await cut.run(attest);
    assert.equal(half.code, 0, half.stderr);
    assert.match(half.stderr, /the evidence is on the server, but not beside/);
    assert.equal((JSON.parse(half.stdout) as Pushed).attachments[0]?.state, 'failed');

    await registry[Symbol.asyncDispose]();
    const gone = await at.run(`attestation attach ${kept.runId} -o json`);
    assert.equal(gone.code, 1);
    assert.match(gone.stderr, new RegExp(`not beside ${image}: .*cannot be reached[^]*attach ${kept.runId}`));
    assert.deepEqual(JSON.parse(gone.stdout).attachments[0].state, 'failed');
  });
});

describe('waybill attestation push of several', () => {
  it('is one call with a verdict for each; what is not taken stays here', async () => {
    await using relay = await losingAnswers(world.url);
    relay.lose = false;
    await using at = await build(relay.url);
    const names = ['api', 'web', 'worker'];
    for (const name of names) {
      const init = await at.run(`att init ${WORKFLOW} --attestation ${name} -o json`);
      assert.equal(init.code, 0, init.stderr);
      for (const material of ['app --value app.bin', 'tests --value junit.xml']) {
        const added = await at.run(`att add --attestation ${name} --name ${material}`);
        assert.equal(added.code, 0, added.stderr);
      }
    }
    const [run] = await runsOf();
    await world.owner.cancelRun(run?.id ?? '', {});
    const several = names.map((name) => `--attestation ${name}`).join(' ');
    const before = relay.asked.length;
    const pushed = await at.run(`att push ${several} --no-preview -o json`);
    assert.equal(pushed.code, 1, pushed.stderr);
    const { results } = JSON.parse(pushed.stdout) as {
      results: readonly { name: string; runId: string; result?: string; error?: { code: string } }[];
    };
    assert.deepEqual(
      results.map(({ name, result, error }) => [name, result ?? error?.code]),
      [
        ['api', 'FAILED'],
        ['web', 'FAILED'],
        ['worker', 'attestation_run_ended'],
      ],
    );
    const calls = relay.asked.slice(before).filter((asked) => /attestation/.test(asked));
    assert.deepEqual(calls, ['POST /waybill/v1/attestations']);
    assert.deepEqual(await at.states(), ['attestation-worker.json']);
    for (const [words, text] of [
      [`${several} --bundle b.json`, /--bundle are for one attestation/],
      ['--attestation worker --attestation gone', /attestation-gone\.json does not exist/],
    ] as const) {
      const refused = await at.run(`att push ${words}`);
      assert.notEqual(refused.code, 0);
      assert.match(refused.stderr, text);
    }
  });
});
