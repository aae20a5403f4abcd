/** The pages of docs/how-to, run as they stand: their contract, their commands, the lines of their job. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { variablesOf } from '@waybill/core/runner';
import { type FakeIssuer, fakeIssuer, sharedPath, type TestWorld, testWorld } from '@waybill/testkit';
import { BIN, cleanEnv, type Ended, ended, workspace } from './program.ts';

const PAGES = path.resolve(import.meta.dirname, '../../../docs/how-to');
const { path: vectors, skip } = sharedPath('vectors', 'chainloop', 'materials', 'sbom.cyclonedx-1.5.json');

interface Replayed {
  readonly runner: string;
  /** The issuer on the page, in whose place ours stands. */
  readonly issuer?: string;
  /** What the CI system sets and hands out; `printed` is what the admin's commands wrote. */
  env(at: { readonly bin: string; readonly printed: string }): Promise<NodeJS.ProcessEnv>;
}

let world: TestWorld;
let issuer: FakeIssuer;
let github: { readonly url: string; close(): void };
const audience = (): string => `${world.url}/default`;

const SYSTEMS: Readonly<Record<string, Replayed>> = {
  'github.md': {
    runner: 'GITHUB_ACTION',
    issuer: '--issuer github',
    env: async () => ({
      CI: 'true',
      ACTIONS_ID_TOKEN_REQUEST_URL: `${github.url}/?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-runner',
    }),
  },
  'gitlab.md': {
    runner: 'GITLAB_PIPELINE',
    issuer: '--issuer gitlab',
    env: async () => ({
      GITLAB_CI: 'true',
      WAYBILL_ID_TOKEN: issuer.token({
        sub: 'project_path:acme/shop:ref_type:branch:ref:main',
        aud: audience(),
      }),
    }),
  },
  'jenkins.md': {
    runner: 'JENKINS_JOB',
    env: async ({ printed }) => ({
      JENKINS_HOME: '/var/jenkins_home',
      WAYBILL_TOKEN: /^wb_\S+$/m.exec(printed)?.[0],
    }),
  },
  'circleci.md': {
    runner: 'CIRCLECI_BUILD',
    issuer: '--issuer https://oidc.circleci.com/org/ORG-ID',
    env: async () => ({
      CI: 'true',
      CIRCLECI: 'true',
      CIRCLE_OIDC_TOKEN_V2: issuer.token({ sub: 'org/ORG-ID/project/PROJECT-ID/user/1', aud: 'ORG-ID' }),
    }),
  },
  'buildkite.md': {
    runner: 'BUILDKITE_PIPELINE',
    issuer: '--issuer buildkite',
    env: async ({ bin }) => {
      const sub = 'organization:acme:pipeline:shop:ref:refs/heads/main:commit:1:step:release';
      await program(bin, 'buildkite-agent', `echo ${issuer.token({ sub, aud: audience() })}`);
      return { BUILDKITE: 'true' };
    },
  },
};

before(async () => {
  world = await testWorld({ issuerNetworks: ['loopback'] });
  issuer = await fakeIssuer();
  const server = createServer((request, response) => {
    const aud = new URL(request.url ?? '', 'http://x').searchParams.get('audience');
    response.end(JSON.stringify({ value: issuer.token({ sub: 'repo:acme/shop:ref:refs/heads/main', aud }) }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  github = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
});
after(async () => {
  github.close();
  await issuer.close();
  await world.close();
});

async function program(bin: string, name: string, line: string): Promise<void> {
  await writeFile(path.join(bin, name), `#!/bin/sh\n${line}\n`);
  await chmod(path.join(bin, name), 0o755);
}

/** A machine with `waybill`, and a `make` that builds what the pages build. */
async function machine() {
  const at = await workspace();
  const bin = path.join(at.dir, 'bin');
  await mkdir(bin);
  await program(bin, 'waybill', `exec "${process.execPath}" "${BIN}" "$@"`);
  await program(bin, 'make', 'mkdir -p dist && echo shop > dist/shop.tgz && cp "$SBOM" sbom.cdx.json');
  await copyFile(vectors ?? '', path.join(at.dir, 'of-the-build.json'));
  const sh = (script: string, env: NodeJS.ProcessEnv): Promise<Ended> => {
    const all = { WAYBILL_URL: world.url, ...env, PATH: `${bin}:${process.env['PATH']}` };
    const given = cleanEnv(at.dir, { ...all, SBOM: path.join(at.dir, 'of-the-build.json') });
    return ended(spawn('sh', ['-e', '-c', script], { cwd: at.dir, env: given, stdio: 'pipe' }));
  };
  return { dir: at.dir, bin, sh, [Symbol.asyncDispose]: () => at[Symbol.asyncDispose]() };
}

/** The code blocks of a page: contract, commands, job. */
function blocksOf(page: string): readonly string[] {
  return [...page.matchAll(/^```\w+\n([^]*?)^```$/gm)].map(([, text = '']) => text);
}

/** The lines of a job that run something, whatever the CI system writes before them. */
function linesOf(job: string): string {
  return [...job.matchAll(/^\s*(?:- )?(?:run: )?((?:make|waybill) .*)$/gm)]
    .map(([, line = '']) => line)
    .join('\n');
}

describe('docs/how-to', { skip }, () => {
  it('has a page here for each', async () => {
    assert.deepEqual((await readdir(PAGES)).toSorted(), Object.keys(SYSTEMS).toSorted());
  });

  for (const [file, { runner, issuer: named, env }] of Object.entries(SYSTEMS)) {
    it(`${file} does what it says`, async () => {
      await using at = await machine();
      const project = `shop-${file.replace('.md', '')}`;
      const ours = (text: string): string =>
        text
          .replaceAll('shop/release', `${project}/release`)
          .replaceAll('--project shop', `--project ${project}`);
      const [contract = '', commands = '', job = ''] = blocksOf(
        await readFile(path.join(PAGES, file), 'utf8'),
      );
      await writeFile(path.join(at.dir, 'contract.yaml'), contract);
      // The page quotes nothing for the shell: a pattern that finds no file stays as it is.
      const admin = ours(named === undefined ? commands : commands.replace(named, `--issuer ${issuer.url}`));
      const set = await at.sh(admin, { WAYBILL_TOKEN: world.ownerToken.reveal() });
      assert.equal(set.code, 0, set.stderr);

      const variables = Object.fromEntries(
        variablesOf(runner).required.map((name) => [name, name.toLowerCase()]),
      );
      const system = await env({ bin: at.bin, printed: set.stdout });
      const lines = ours(linesOf(job));
      assert.equal(lines.split('\n').length, 5);
      const done = await at.sh(lines, { ...variables, ...system });
      assert.equal(done.code, 0, done.stderr);
      const [run] = (await world.owner.listRuns({ project })).runs;
      assert.equal(run?.state, 'PASSED');
      assert.equal((await world.owner.describeRun(run?.id ?? '')).runner, runner);
    });
  }
});
