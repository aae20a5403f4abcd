/** What the server proves of a build, by the claims of the job's token alone. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Receipt } from '@waybill/api';
import type { SignAs } from '@waybill/clients/sigstore';
import { isCoded, Secret } from '@waybill/core';
import { parseBundle } from '@waybill/core/bundle';
import { utf8 } from '@waybill/core/bytes';
import { digestOf } from '@waybill/core/digest';
import { parseProvenance, PROVENANCE_V1_TYPE, type RunPredicate } from '@waybill/core/intoto';
import { parseTrustedRoot } from '@waybill/core/trust';
import { verifyStatementBundle } from '@waybill/core/verify';
import { type FakeIssuer, fakeIssuer, startAttester, type TestWorld, testWorld } from '@waybill/testkit';

let world: TestWorld;
let github: FakeIssuer;
let host: string;
before(async () => {
  github = await fakeIssuer();
  host = `https://${new URL(github.url).host}`;
  world = await testWorld({ issuerNetworks: ['loopback'] });
  await world.owner.addIssuer({ url: github.url, kind: 'github' });
});
after(async () => {
  await world.close();
  await github.close();
});

const COMMIT = 'c'.repeat(40);
const OWN = 'acme/app/.github/workflows/release.yml@refs/tags/v1';
const SHARED = 'acme/builders/.github/workflows/build.yml@refs/tags/v2';

/** As GitHub writes them for a job of acme/app. */
const CLAIMS = {
  event_name: 'push',
  sha: COMMIT,
  workflow: 'release',
  repository: 'acme/app',
  repository_id: '1',
  repository_owner: 'acme',
  repository_owner_id: '2',
  repository_visibility: 'private',
  ref: 'refs/tags/v1',
  workflow_ref: OWN,
  workflow_sha: COMMIT,
  job_workflow_ref: OWN,
  job_workflow_sha: 'd'.repeat(40),
  runner_environment: 'github-hosted',
  run_id: '7',
  run_attempt: '1',
};

/** As GitLab writes them for a job of acme/app. */
const GITLAB_CLAIMS = {
  project_path: 'acme/app',
  project_id: '1',
  project_visibility: 'private',
  namespace_path: 'acme',
  namespace_id: '2',
  pipeline_source: 'push',
  pipeline_id: '3',
  job_id: '4',
  ref: 'v1',
  ref_type: 'tag',
  sha: COMMIT,
  ci_config_sha: COMMIT,
  runner_id: 5,
};

const disposable = (issuer: FakeIssuer) => ({ issuer, [Symbol.asyncDispose]: () => issuer.close() });

let contracts = 0;

/** A run whose program is signed with such claims, under a contract that lets `signer` sign. */
async function attest(given: {
  readonly claims?: object;
  readonly signer?: string;
  /** Further lines of the contract. */
  readonly more?: string;
  readonly as?: SignAs;
  readonly stated?: Partial<RunPredicate>;
}): Promise<{ readonly receipt: Receipt; readonly program: Uint8Array }> {
  const name = `build-${++contracts}`;
  const signers = given.as
    ? ''
    : `\n  signers: [{ issuer: "${github.url}", subject: "${given.signer ?? '*'}" }]`;
  const document = `apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: ${name} }\nspec:\n  materials: [{ type: ARTIFACT, name: program, output: true }]${signers}${given.more ?? ''}\n`;
  await world.owner.applyContract({ document });
  await world.owner.createWorkflow({ project: 'p', name, contract: name });
  const attester = await startAttester({
    client: world.owner,
    token: world.ownerToken,
    project: 'p',
    workflow: name,
  });
  const program = utf8(`program of ${name}`);
  const material = await attester.record('program', 'ARTIFACT', program, true);
  const bundle = await attester.sign(
    attester.predicate([material], given.stated),
    given.as ?? asJob(given.claims),
  );
  return { receipt: await world.owner.pushAttestation(attester.run.id, bundle), program };
}

function asJob(claims: object = {}): SignAs {
  const jwt = new Secret(github.token({ ...CLAIMS, ...claims }));
  return { type: 'identity', identity: Promise.resolve({ jwt, subject: 'subject-1' }) };
}

/** The provenance, verified as a stranger would. */
async function provenanceOf({ receipt, program }: Awaited<ReturnType<typeof attest>>) {
  const text = await world.owner.downloadProvenance(receipt.runId);
  assert.equal(digestOf(utf8(text)), receipt.provenance?.bundleDigest);
  const { statement } = verifyStatementBundle(parseBundle(text), {
    trustedRoot: parseTrustedRoot(await world.as().trustedRoot()),
    expectations: { type: 'identity', issuer: `${world.url}/oidc`, subject: `${world.url}/verifier` },
    artifact: digestOf(program),
  });
  assert.equal(statement.logged?.logIndex, receipt.provenance?.log.logIndex);
  const { predicateType, predicate } = statement.value;
  return { ...parseProvenance(predicateType, predicate), predicate };
}

const mode = (receipt: Receipt) => receipt.build?.builder.replace(`${world.url}/verifier/builders/`, '');

describe('provenance by the server', () => {
  it('takes source, workflow and runner from the token, and keeps what is stated apart', async () => {
    const stated: Partial<RunPredicate> = {
      runner: { type: 'DAGGER_PIPELINE', url: 'https://elsewhere.example.com' },
      environment: { GITHUB_REPOSITORY: 'ACME/app', DEPLOY_TO: 'evil' },
      annotations: { level: '3' },
    };
    const done = await attest({ stated, more: '\n  envAllowList: [GITHUB_REPOSITORY, DEPLOY_TO]' });
    assert.deepEqual(done.receipt.findings, []);
    const proven = await provenanceOf(done);
    const uri = `git+${host}/acme/app@refs/tags/v1`;
    assert.deepEqual(proven.source, { uri, digest: { gitCommit: COMMIT } });
    assert.equal(proven.entryPoint, '.github/workflows/release.yml');
    assert.equal(proven.invocationId, `${host}/acme/app/actions/runs/7/attempts/1`);
    assert.equal(proven.builderId, `${world.url}/verifier/builders/hosted`);
    const { stated: said, ...others } = proven.parameters as Record<string, unknown>;
    assert.deepEqual((said as { environment: object }).environment, stated.environment);
    const { buildDefinition } = proven.predicate as { buildDefinition: Record<string, unknown> };
    const elsewhere = JSON.stringify([others, { ...buildDefinition, externalParameters: null }]);
    assert.doesNotMatch(elsewhere, /evil|ACME|DAGGER|elsewhere/);
    assert.equal(done.receipt.build?.runner, 'verified');
    assert.equal(done.receipt.build?.level, 2);
    assert.equal(done.receipt.build?.claims?.['sourceRepositoryDigest'], COMMIT);
  });

  it('is not made for a run that states otherwise than its token says', async () => {
    const stated: Partial<RunPredicate> = {
      runner: { type: 'JENKINS_JOB' },
      environment: { GITHUB_REPOSITORY: 'evil/app', GITHUB_SHA: 'e'.repeat(40), GITHUB_RUN_ID: '8' },
    };
    const more = '\n  envAllowList: [GITHUB_REPOSITORY, GITHUB_SHA, GITHUB_RUN_ID]';
    const { receipt } = await attest({ stated, more });
    assert.deepEqual([receipt.result, receipt.provenance], ['FAILED', undefined]);
    assert.deepEqual(
      receipt.findings.map(({ code, message }) => `${code} ${message.replace(/^.*?states /, '')}`),
      [
        ['runner.type', 'JENKINS_JOB', 'GITHUB_ACTION'],
        ['GITHUB_REPOSITORY', 'evil/app', 'acme/app'],
        ['GITHUB_SHA', 'e'.repeat(40), COMMIT],
        ['GITHUB_RUN_ID', '8', '7'],
      ].map(
        ([what, said, proven]) =>
          `claim_contradicted ${what} as "${said}", the token of ${github.url} proves "${proven}"`,
      ),
    );
  });

  it('is a referrer of the run, and found by what it is about', async () => {
    const { receipt, program } = await attest({});
    const response = await fetch(
      `${world.url}/v2/default/p/build-${contracts}/referrers/${receipt.manifestDigest}`,
      { headers: { authorization: `Bearer ${world.ownerToken.reveal()}` } },
    );
    const { manifests } = (await response.json()) as { manifests: { annotations: Record<string, string> }[] };
    const types = manifests.map(({ annotations }) => annotations['dev.sigstore.bundle.predicateType']);
    assert.ok(types.includes(PROVENANCE_V1_TYPE));
    const { runs } = await world.owner.listRuns({ subject: digestOf(program) });
    assert.deepEqual(
      runs.map(({ id }) => id),
      [receipt.runId],
    );
    assert.deepEqual((await world.owner.listRuns({ subject: digestOf(utf8('other')) })).runs, []);
  });

  it('is not made for a run that FAILED', async () => {
    const { receipt } = await attest({ signer: `${host}/acme/other/*` });
    assert.deepEqual([receipt.result, receipt.provenance], ['FAILED', undefined]);
    await assert.rejects(world.owner.downloadProvenance(receipt.runId), (error) =>
      isCoded(error, 'attestation_no_provenance'),
    );
  });
});

describe('the grade of a build', () => {
  const graded = async (claims: object, signer?: string) => {
    const { receipt } = await attest(signer === undefined ? { claims } : { claims, signer });
    return [receipt.result, receipt.build?.level, mode(receipt)];
  };
  const shared = { job_workflow_ref: SHARED };

  it('is 3 for a workflow of another repository, fixed and named by the contract', async () => {
    const named = `${host}/${SHARED.split('@')[0]}@refs/tags/*`;
    assert.deepEqual(await graded(shared, named), ['PASSED', 3, 'isolated']);
    const { predicate } = await provenanceOf(await attest({ claims: shared, signer: named }));
    assert.match(
      JSON.stringify(predicate),
      new RegExp(`"uri":"${host}/${SHARED}","digest":|"digest":\\{"gitCommit":"d{40}"\\}`),
    );
  });

  it('is 2 where a wildcard lets it sign, where it moves, and where it is the built one', async () => {
    assert.deepEqual(await graded(shared, `${host}/acme/builders/*`), ['PASSED', 2, 'hosted']);
    assert.deepEqual(await graded(shared, `*`), ['PASSED', 2, 'hosted']);
    const moving = SHARED.replace('refs/tags/v2', 'refs/heads/main');
    assert.deepEqual(await graded({ job_workflow_ref: moving }, `${host}/${moving}`), [
      'PASSED',
      2,
      'hosted',
    ]);
    assert.deepEqual(await graded({}, `${host}/${OWN}`), ['PASSED', 2, 'hosted']);
    const upper = OWN.replace('acme/app', 'Acme/App');
    assert.deepEqual(await graded({ job_workflow_ref: upper }, `${host}/${upper}`), ['PASSED', 2, 'hosted']);
  });

  it('is 1 on a machine of its owner, whatever the workflow', async () => {
    const claims = { ...shared, runner_environment: 'self-hosted' };
    assert.deepEqual(await graded(claims, `${host}/${SHARED}`), ['PASSED', 1, 'self-hosted']);
  });

  it('is 1 with a token of this server, which proves nothing of the build', async () => {
    const { ownerToken: token } = world;
    const name = `build-${contracts + 1}`;
    const itself: SignAs = { type: 'workflow', token, project: 'p', workflow: name };
    const done = await attest({ as: itself });
    assert.deepEqual(
      [done.receipt.result, done.receipt.build?.level, mode(done.receipt)],
      ['PASSED', 1, 'unproven'],
    );
    const proven = await provenanceOf(done);
    assert.deepEqual([proven.source.uri, proven.dependencies], ['', []]);
  });

  it('is the same for GitLab, whose configuration another project may own', async () => {
    await using gitlab = disposable(await fakeIssuer());
    const { url } = gitlab.issuer;
    await world.owner.addIssuer({ url, kind: 'gitlab' });
    const gitlabHost = new URL(url).host;
    const claims = (config: string, runner = 'gitlab-hosted') => ({
      ...GITLAB_CLAIMS,
      ci_config_ref_uri: `${gitlabHost}/${config}`,
      runner_environment: runner,
    });
    const graded = async (said: object, signer: string) => {
      const jwt = new Secret(gitlab.issuer.token(said));
      const as: SignAs = { type: 'identity', identity: Promise.resolve({ jwt, subject: 'subject-1' }) };
      const more = `\n  signers: [{ issuer: "${url}", subject: "${signer}" }]\n  runner: { type: GITLAB_PIPELINE }\n  assurance: { runner: VERIFIED }`;
      const { receipt } = await attest({ as, more, stated: { runner: { type: 'GITLAB_PIPELINE' } } });
      return [receipt.result, receipt.build?.level, mode(receipt)];
    };
    const shared = 'acme/builders//build.yml@refs/tags/v2';
    const named = `https://${gitlabHost}/acme/builders//build.yml@refs/tags/*`;
    assert.deepEqual(await graded(claims(shared), named), ['PASSED', 3, 'isolated']);
    assert.deepEqual(await graded(claims(shared, 'self-hosted'), named), ['PASSED', 1, 'self-hosted']);
    // One that cannot be compared with the built project may be part of it.
    const elsewhere = `gitlab.example.com/${shared}`;
    const foreign = { ...claims(shared), ci_config_ref_uri: elsewhere };
    assert.deepEqual(await graded(foreign, `https://${elsewhere}`), ['PASSED', 2, 'hosted']);
    const own = 'acme/app//.gitlab-ci.yml@refs/tags/v1';
    assert.deepEqual(await graded(claims(own), `https://${gitlabHost}/${own}`), ['PASSED', 2, 'hosted']);
  });

  it('meets what a contract demands, or fails the run', async () => {
    const demand = (level: number, runner = '') =>
      `\n  runner: { type: ${runner === '' ? 'GITHUB_ACTION' : runner} }\n  assurance: { runner: VERIFIED, slsaLevel: ${level} }`;
    const stated = { runner: { type: 'GITHUB_ACTION' } };
    assert.equal((await attest({ more: demand(2), stated })).receipt.result, 'PASSED');
    const { receipt } = await attest({ more: demand(3), stated });
    assert.deepEqual(
      receipt.findings.map(({ code }) => code),
      ['contract_assurance_level'],
    );
    const other = await attest({
      more: demand(1, 'GITLAB_PIPELINE'),
      stated: { runner: { type: 'GITLAB_PIPELINE' } },
    });
    assert.deepEqual(
      other.receipt.findings.map(({ code }) => code),
      ['claim_contradicted', 'contract_assurance_runner'],
    );
  });
});
