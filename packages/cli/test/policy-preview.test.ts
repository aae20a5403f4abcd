/** What a contract's policies say, told before the server says it. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Receipt } from '@waybill/api';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { waybill, workspace } from './program.ts';

const LICENCES = `package licences
violations contains sprintf("%s has the licence %s", [component.name, id]) if {
  some component in input.components
  some entry in component.licenses
  id := entry.license.id
  id in split(input.args.banned, " ")
}
`;
const ABOUT_US = `package about
violations contains "not about the program" if {
  not input.metadata.component.name in {subject.name | some subject in input.waybill.subjects}
}
`;
const SLOW = `package slow
violations contains "never" if {
  some a in numbers.range(1, 100000)
  some b in numbers.range(1, 100000)
  a * b == -1
}
`;

const attached = (name: string, source: string, rest: object = {}): object => ({
  embedded: {
    apiVersion: 'chainloop.dev/v1',
    kind: 'Policy',
    metadata: { name },
    spec: { policies: [{ kind: 'SBOM_CYCLONEDX_JSON', embedded: source }] },
  },
  ...rest,
});

/** Not told of before: nobody has signed yet. */
const ABOUT_SIGNER = {
  apiVersion: 'chainloop.dev/v1',
  kind: 'Policy',
  metadata: { name: 'signer' },
  spec: {
    policies: [
      { embedded: 'package s\nviolations contains "signed by nobody" if not input.waybill.signer.subject' },
    ],
  },
};

const contract = (name: string, materials: readonly object[]): string =>
  JSON.stringify({
    apiVersion: 'chainloop.dev/v1',
    kind: 'Contract',
    metadata: { name },
    spec: {
      materials: [
        { type: 'ARTIFACT', name: 'program', output: true },
        { type: 'SBOM_CYCLONEDX_JSON', name: 'sbom' },
      ],
      policies: {
        materials,
        attestation: [{ embedded: ABOUT_SIGNER }],
      },
    },
  });

const sbom = (licence: string): string =>
  JSON.stringify({
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { type: 'application', name: 'program' } },
    components: [{ type: 'library', name: 'left', version: '1', licenses: [{ license: { id: licence } }] }],
  });

let world: TestWorld;
before(async () => {
  world = await testWorld();
  const licences = { with: { banned: 'GPL-3.0-only AGPL-3.0-only' } };
  await world.owner.applyContract({
    document: contract('fast', [attached('licences', LICENCES, licences), attached('about', ABOUT_US)]),
  });
  await world.owner.applyContract({
    document: contract('slow', [attached('slow', SLOW, { gate: false })]),
  });
  for (const name of ['fast', 'slow']) {
    await world.owner.createWorkflow({ project: 'p', name, contract: name });
  }
});
after(() => world.close());

async function pipeline(workflow: string, licence: string) {
  const at = await workspace();
  await writeFile(path.join(at.dir, 'program'), `program ${at.dir}`);
  await writeFile(path.join(at.dir, 'sbom.json'), sbom(licence));
  const env = { WAYBILL_URL: world.url, WAYBILL_TOKEN: world.ownerToken.reveal() };
  const run = async (words: string, code = 0) => {
    const ended = await waybill(words.split(' '), { cwd: at.dir, env });
    assert.equal(ended.code, code, ended.stderr);
    return ended;
  };
  await run(`att init --project p --workflow ${workflow}`);
  return { dir: at.dir, run, [Symbol.asyncDispose]: () => at[Symbol.asyncDispose]() };
}

interface WithPolicies {
  readonly policies: readonly { readonly policy: string; readonly outcome: string }[];
}

const outcomes = (text: string): readonly string[] =>
  (JSON.parse(text) as WithPolicies).policies.map(({ policy, outcome }) => `${policy}: ${outcome}`);

describe('the policies of a contract, before the server is asked', () => {
  it('are told by add, status and push, and the server says the same', async () => {
    await using at = await pipeline('fast', 'GPL-3.0-only');
    const added = await at.run('att add --name sbom --value sbom.json');
    assert.match(
      added.stdout,
      /policies, as asked here; the server decides:\npolicy licences \(sbom\): fails\n {2}left has the licence GPL-3\.0-only/,
    );
    // The program is not recorded yet: the preview says what is true of what there is.
    assert.match(added.stdout, /policy about \(sbom\): fails/);
    assert.deepEqual(outcomes((await at.run('att add --name program --value program -o json')).stdout), []);
    assert.deepEqual(outcomes((await at.run('att status -o json')).stdout), [
      'licences: fails',
      'about: holds',
    ]);
    const pushed = await at.run('att push -o json', 4);
    assert.match(pushed.stderr, /policy licences \(sbom\): fails/);
    const { result, findings } = JSON.parse(pushed.stdout) as Receipt;
    assert.equal(result, 'FAILED');
    assert.deepEqual(
      findings.map(({ code, message }) => [code, message]),
      [['policy_violation', 'policy licences: left has the licence GPL-3.0-only']],
    );
  });

  it('never block by themselves, and are not asked where nobody wants that', async () => {
    await using at = await pipeline('fast', 'MIT');
    await at.run('att add --name sbom --value sbom.json');
    await at.run('att add --name program --value program');
    const quiet = await at.run('att push --no-preview -o json');
    assert.doesNotMatch(quiet.stderr, /policy/);
    assert.equal((JSON.parse(quiet.stdout) as Receipt).result, 'PASSED');
  });

  it('do not judge what has changed since it was recorded', async () => {
    await using at = await pipeline('fast', 'GPL-3.0-only');
    await at.run('att add --name sbom --value sbom.json');
    await writeFile(path.join(at.dir, 'sbom.json'), sbom('MIT'));
    const { stdout } = await at.run('att status');
    assert.match(
      stdout,
      /policy licences \(sbom\): undetermined \(evidence missing\)\n.*has changed since it was recorded/,
    );
  });

  it('end as they do on the server, by name', async () => {
    await using at = await pipeline('slow', 'MIT');
    const { stdout } = await at.run('att add --name sbom --value sbom.json');
    assert.match(stdout, /policy slow \(sbom\): undetermined \(deadline\), advisory\n {2}eval_/);
  });
});
