/** Jobs of CI systems that sign in by their own tokens. The systems are replayed: their variables, services and programs. */
import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Receipt } from '@waybill/api';
import { type FakeIssuer, fakeIssuer, type TestWorld, testWorld } from '@waybill/testkit';
import { type Ended, waybill, workspace } from './program.ts';

const CONTRACT = `apiVersion: chainloop.dev/v1
kind: Contract
metadata: { name: release }
spec:
  materials:
    - { name: version, type: STRING }
`;
const OF = '--workflow demo/build';

let world: TestWorld;
let issuer: FakeIssuer;
/** Services of CI systems that hand out tokens: what was asked of them. */
let services: { readonly url: string; readonly asked: string[]; close(): void };

before(async () => {
  world = await testWorld({ issuerNetworks: ['loopback'] });
  issuer = await fakeIssuer();
  await world.owner.applyContract({ document: CONTRACT });
  await world.owner.createWorkflow({ project: 'demo', name: 'build', contract: 'release' });
  services = await tokenServices();
});
after(async () => {
  services.close();
  await issuer.close();
  await world.close();
});

async function tokenServices() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    asked.push(`${request.method} ${url.pathname} ${request.headers.authorization}`);
    const github = issuer.token({
      sub: 'repo:acme/app:ref:refs/heads/main',
      aud: url.searchParams.get('audience'),
    });
    const azure = issuer.token({ sub: 'sc://acme/app/waybill', aud: 'api://AzureADTokenExchange' });
    response.end(JSON.stringify(url.pathname === '/github' ? { value: github } : { oidcToken: azure }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close };
}

/** A directory of a job without any secret. */
async function job(env: NodeJS.ProcessEnv) {
  const at = await workspace();
  const run = (words: string, more: NodeJS.ProcessEnv = {}) =>
    waybill(words.split(' '), { cwd: at.dir, env: { WAYBILL_URL: world.url, ...env, ...more } });
  return { dir: at.dir, run, [Symbol.asyncDispose]: () => at[Symbol.asyncDispose]() };
}

async function admin(words: string): Promise<Ended> {
  await using at = await workspace();
  const env = { WAYBILL_URL: world.url, WAYBILL_TOKEN: world.ownerToken.reveal() };
  return await waybill(words.split(' '), { cwd: at.dir, env });
}

async function succeed(work: Promise<Ended>): Promise<string> {
  const { code, stdout, stderr } = await work;
  assert.equal(code, 0, stderr);
  return stdout;
}

const audience = (): string => `${world.url}/default`;
const token = (sub: string, aud = audience()): string => issuer.token({ sub, aud });

interface Replayed {
  readonly subject: string;
  readonly audience?: string;
  /** Of the job in its directory. */
  env(dir: string): Promise<NodeJS.ProcessEnv>;
}

const SYSTEMS: Readonly<Record<string, Replayed>> = {
  'GitHub Actions': {
    subject: 'repo:acme/app:*',
    env: async () => ({
      ACTIONS_ID_TOKEN_REQUEST_URL: `${services.url}/github?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-runner',
    }),
  },
  GitLab: {
    subject: 'project_path:acme/app:*',
    env: async () => ({ WAYBILL_ID_TOKEN: token('project_path:acme/app:ref_type:branch:ref:main') }),
  },
  CircleCI: {
    subject: 'org/1/project/2/*',
    audience: 'the-id-of-the-organisation',
    env: async () => ({
      CIRCLECI: 'true',
      CIRCLE_OIDC_TOKEN_V2: token('org/1/project/2/user/3', 'the-id-of-the-organisation'),
    }),
  },
  Buildkite: {
    subject: 'organization:acme:pipeline:app:*',
    env: async (dir) => {
      const program = path.join(dir, 'buildkite-agent');
      const jwt = token('organization:acme:pipeline:app:ref:refs/heads/main:commit:1:step:build');
      const wanted = `oidc request-token --audience ${audience()}`;
      await writeFile(program, `#!/bin/sh\ntest "$*" = "${wanted}" || exit 9\necho ${jwt}\n`);
      await chmod(program, 0o755);
      return { BUILDKITE: 'true', PATH: `${dir}:${process.env['PATH']}` };
    },
  },
  'Azure Pipelines': {
    subject: 'sc://acme/app/waybill',
    audience: 'api://AzureADTokenExchange',
    env: async () => ({
      SYSTEM_OIDCREQUESTURI: `${services.url}/azure`,
      SYSTEM_ACCESSTOKEN: 'of-the-job',
      AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: '7f0c3c52',
    }),
  },
  Jenkins: {
    subject: 'https://jenkins.example.com/job/app/',
    env: async () => ({ WAYBILL_ID_TOKEN: token('https://jenkins.example.com/job/app/') }),
  },
  Kubernetes: {
    subject: 'system:serviceaccount:ci:builder',
    env: async (dir) => {
      const file = path.join(dir, 'token');
      await writeFile(file, `${token('system:serviceaccount:ci:builder')}\n`);
      return { WAYBILL_ID_TOKEN_FILE: file };
    },
  },
};

describe('a job without a secret', () => {
  for (const [name, system] of Object.entries(SYSTEMS)) {
    it(`attests by the token of ${name}`, async () => {
      await using at = await job({});
      const own = system.audience === undefined ? '' : ` --audience ${system.audience}`;
      const rule = `--issuer ${issuer.url} --subject ${system.subject}${own} --name of-the-test`;
      await succeed(admin(`workflow trust ${OF} ${rule}`));
      const env = await system.env(at.dir);
      const attest = 'attest --project demo --workflow build --material version=1.4.0 -o json';
      const receipt = JSON.parse(await succeed(at.run(attest, env))) as Receipt;
      assert.equal(receipt.result, 'PASSED');
      await succeed(admin(`workflow trust remove of-the-test ${OF}`));
      const refused = await at.run(attest, env);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /not accepted for the workflow default\/demo\/build/);
    });
  }

  it('asks anew for each command, and keeps nothing between them', async () => {
    await succeed(
      admin(`workflow trust ${OF} --issuer ${issuer.url} --subject repo:acme/app:* --name steps`),
    );
    await using at = await job((await SYSTEMS['GitHub Actions']?.env('')) ?? {});
    const before = services.asked.length;
    await succeed(at.run('att init --project demo --workflow build'));
    await succeed(at.run('att add --name version --value 1.4.0'));
    await succeed(at.run('att push'));
    const asked = services.asked.slice(before);
    assert.equal(asked.length, 3);
    assert.ok(asked.every((line) => line === 'GET /github Bearer of-the-runner'));
    assert.match(await succeed(admin(`wf trust list ${OF}`)), /steps .*repo:acme\/app:\*/);
    await succeed(admin(`workflow trust remove steps ${OF}`));
  });

  it('hears which claim does not match', async () => {
    const rule = `--issuer ${issuer.url} --subject repo:acme/app:* --claim environment=production`;
    await succeed(admin(`workflow trust add ${OF} ${rule} --name narrow`));
    await using at = await job({ WAYBILL_ID_TOKEN: token('repo:acme/app-evil:pull_request') });
    const { code, stderr } = await at.run('att init --project demo --workflow build');
    assert.equal(code, 1);
    assert.match(stderr, /claim sub: expected "repo:acme\/app:\*", found "repo:acme\/app-evil:pull_request"/);
    assert.match(stderr, /claim environment: expected "production", found nothing/);
  });

  it('takes an API token that is set before any token of the CI system', async () => {
    await using at = await job({ WAYBILL_ID_TOKEN: 'nonsense', WAYBILL_TOKEN: world.ownerToken.reveal() });
    await succeed(at.run('att init --project demo --workflow build'));
  });

  it('is told what is missing where neither is there', async () => {
    await using at = await job({});
    const { code, stderr } = await at.run('att init --project demo --workflow build');
    assert.equal(code, 1);
    assert.match(stderr, /no token for .*WAYBILL_TOKEN/);
    const file = await at.run('att init --project demo --workflow build', { WAYBILL_ID_TOKEN_FILE: 'gone' });
    assert.match(file.stderr, /WAYBILL_ID_TOKEN_FILE cannot be read/);
  });
});

describe('waybill workflow trust', () => {
  it('says what is wrong with a rule', async () => {
    for (const [rule, reason] of [
      ['--issuer github --subject repo:acme/app*', /look-alike/],
      ['--issuer github --subject repo:*', /two parts must stand before/],
      ['--issuer github --subject repo:acme/* --claim ref', /--claim: expected NAME=PATTERN/],
      ['--issuer github --subject repo:acme/* --claim a=1 --claim a=2', /stands twice/],
      ['--issuer github', /needs --subject/],
    ] as const) {
      const { code, stderr } = await admin(`workflow trust ${OF} ${rule}`);
      assert.notEqual(code, 0);
      assert.match(stderr, reason);
    }
  });

  it('knows the public CI systems by name', async () => {
    const said = await succeed(
      admin(`workflow trust ${OF} --issuer github --subject repo:acme/app:* --name public`),
    );
    assert.match(said, /issuer +https:\/\/token\.actions\.githubusercontent\.com/);
    assert.ok(said.includes(`audience  ${audience()}`));
  });
});
