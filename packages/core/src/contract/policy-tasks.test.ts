import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { utf8 } from '../bytes/index.ts';
import { type Digest, digestOf } from '../digest/index.ts';
import type { RunMaterial } from '../intoto/index.ts';
import { parseContract, policyTasks } from './index.ts';

const material = (name: string, kind: string): RunMaterial => ({
  name,
  kind,
  digest: `sha256:${'0'.repeat(64)}` as Digest,
  sizeBytes: 1,
  output: false,
  annotations: {},
});

const EMBEDDED = (kind: string): string =>
  `embedded: { apiVersion: chainloop.dev/v1, kind: Policy, metadata: { name: p }, spec: { policies: [{ ${kind} embedded: "package p" }] } }`;
const SBOM = EMBEDDED('kind: SBOM_CYCLONEDX_JSON,');

/** Of each task its material, whether it blocks, and how it stands. */
function tasks(policies: string, materials: readonly RunMaterial[], wanted = '') {
  const document = [
    'apiVersion: chainloop.dev/v1',
    'kind: Contract',
    'metadata: { name: c }',
    'spec:',
    `  materials: [${wanted}]`,
    `  ${policies}`,
  ].join('\n');
  return policyTasks(parseContract(document).contract, materials).map((task) => ({
    name: task.name,
    on: task.material,
    enforced: task.enforced,
    ...(task.work.outcome === 'open'
      ? { state: 'open' }
      : { state: task.work.outcome, reason: 'reason' in task.work ? task.work.reason : '' }),
  }));
}

describe('policyTasks', () => {
  const run = [material('sbom', 'SBOM_CYCLONEDX_JSON'), material('tests', 'JUNIT_XML')];

  it('one for each material of the kind, also beside the contract', () => {
    const more = [...run, material('extra', 'SBOM_CYCLONEDX_JSON')];
    assert.deepEqual(
      tasks(`policies: { materials: [{ ${SBOM} }] }`, more).map(({ on, state }) => [on, state]),
      [
        ['sbom', 'open'],
        ['extra', 'open'],
      ],
    );
  });

  it('each with the digest of its document, which does not depend on how it is written', () => {
    const digests = (written: string) =>
      policyTasks(
        parseContract(
          `apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: c }\nspec: { policies: { attestation: [${written}] } }`,
        ).contract,
        [],
      ).map(({ digest }) => digest);
    const document = { apiVersion: 'chainloop.dev/v1', kind: 'Policy', metadata: { name: 'p' }, spec: {} };
    const sorted = '{"apiVersion":"chainloop.dev/v1","kind":"Policy","metadata":{"name":"p"},"spec":{}}';
    const { spec, ...rest } = document;
    for (const same of [document, { spec, ...rest }]) {
      assert.deepEqual(digests(`{ embedded: ${JSON.stringify(same)} }`), [digestOf(utf8(sorted))]);
    }
    assert.deepEqual(digests('{ ref: p }'), [null]);
  });

  it('those that the selector means', () => {
    const attached = (selector: string) =>
      `policies: { materials: [{ ${EMBEDDED('')}, selector: ${selector} }] }`;
    assert.deepEqual(
      tasks(attached('{ name: tests }'), run).map(({ on }) => on),
      ['tests'],
    );
    assert.deepEqual(
      tasks(attached('{ name: sb, matchMode: PREFIX }'), run).map(({ on }) => on),
      ['sbom'],
    );
  });

  it('nothing to judge is undetermined, unless the contract lets it be left out', () => {
    const [missing] = tasks(`policies: { materials: [{ ${SBOM} }] }`, []);
    assert.equal(missing?.state, 'undetermined');
    const optional = '{ name: sbom, type: SBOM_CYCLONEDX_JSON, optional: true }';
    assert.equal(tasks(`policies: { materials: [{ ${SBOM} }] }`, [], optional)[0]?.state, 'not applicable');
  });

  it('what is not evaluated is undetermined: references, groups, documents that are no policy', () => {
    const all = tasks(
      'policies: { attestation: [{ ref: a }, { embedded: { apiVersion: chainloop.dev/v1, kind: Policy, metadata: { name: b }, spec: {} } }] }\n  policyGroups: [{ ref: c }]',
      run,
    );
    assert.deepEqual(
      all.map(({ name, state, enforced }) => [name, state, enforced]),
      [
        ['a', 'undetermined', true],
        ['b', 'undetermined', true],
        ['c', 'undetermined', true],
      ],
    );
  });

  it('gate: false only tells; disabled is not applicable', () => {
    const all = tasks(
      `policies: { attestation: [{ ${EMBEDDED('')}, gate: false }, { ${EMBEDDED('')}, disabled: true }] }`,
      run,
    );
    assert.deepEqual(
      all.map(({ state, enforced }) => [state, enforced]),
      [
        ['open', false],
        ['not applicable', true],
      ],
    );
  });
});
