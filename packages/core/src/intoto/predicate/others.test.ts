import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../bytes/index.ts';
import { codeOf, jsonMutationsOf, onlyCodedErrors } from '../../test-support.ts';
import {
  type ChainloopPredicate,
  parseChainloopPredicate,
  parseCosignPredicate,
  parseWitnessCollection,
} from '../index.ts';

const HEX = 'a'.repeat(64);
const evaluation = {
  name: 'sbom-present',
  type: 'ATTESTATION',
  violations: [{ subject: 'sbom', message: 'missing' }],
  with: { limit: '5' },
};
const CHAINLOOP = {
  metadata: {
    name: 'build',
    project: 'demo',
    initializedAt: '2024-01-01T00:00:00Z',
    finishedAt: '2024-01-01T00:01:00Z',
    workflowRunID: 'run',
  },
  builder: { id: 'chainloop.dev/cli/dev@sha256:0' },
  runnerType: 'GITHUB_ACTION',
  materials: [
    {
      name: 'sbom.json',
      digest: { sha256: HEX },
      annotations: {
        'chainloop.material.name': 'sbom',
        'chainloop.material.type': 'SBOM_CYCLONEDX_JSON',
        'chainloop.material.cas': true,
        team: 'a',
      },
    },
    {
      content: 'Zm9v',
      annotations: { 'chainloop.material.name': 'ref', 'chainloop.material.type': 'STRING' },
    },
  ],
  policyEvaluations: { 'CHAINLOOP.ATTESTATION': [evaluation] },
};

const parse = (change: object) => parseChainloopPredicate({ ...CHAINLOOP, ...change } as Json);

describe('parseChainloopPredicate', () => {
  it('reads materials by their annotations', () => {
    assert.deepEqual(parse({}).materials, [
      {
        name: 'sbom',
        kind: 'SBOM_CYCLONEDX_JSON',
        digest: `sha256:${HEX}`,
        value: 'sbom.json',
        inStore: true,
        annotations: { team: 'a' },
      },
      { name: 'ref', kind: 'STRING', digest: null, value: 'foo', inStore: false, annotations: {} },
    ]);
  });

  it('reads what clients wrote before 2025: snake_case, and the number of a kind', () => {
    const reference = { uri: 'file://p.yaml', digest: { sha256: HEX } };
    const former = { sbom: [{ ...evaluation, type: 4, material_name: 'sbom', policy_reference: reference }] };
    const [read] = parse({ policyEvaluations: undefined, policy_evaluations: former }).evaluations;
    assert.deepEqual(read, {
      policy: 'sbom-present',
      material: 'sbom',
      kind: 4,
      violations: evaluation.violations,
      skipped: false,
      reference: { uri: 'file://p.yaml', digest: `sha256:${HEX}` },
    });
    assert.equal(parse({}).evaluations[0]?.material, null);
  });

  it('refuses both spellings at once, and a material without digest', () => {
    const [sbom] = CHAINLOOP.materials;
    for (const change of [{ policy_evaluations: {} }, { materials: [{ ...sbom, digest: {} }] }]) {
      assert.equal(
        codeOf(() => parse(change)),
        'chainloop_predicate_invalid',
      );
    }
  });

  it('answers hostile input with coded errors only', () => {
    fc.assert(
      fc.property(jsonMutationsOf(JSON.stringify(CHAINLOOP)), (text) =>
        onlyCodedErrors((): ChainloopPredicate => parseChainloopPredicate(JSON.parse(text))),
      ),
    );
  });
});

const COLLECTION = {
  name: 'build',
  attestations: [
    {
      type: 'https://witness.dev/attestations/git/v0.1',
      attestation: { commithash: 'c0ffee' },
      starttime: '2024-01-01T00:00:00Z',
      endtime: '2024-01-01T00:00:01Z',
    },
    { type: 'https://witness.dev/attestations/product/v0.1', attestation: {} },
  ],
};

describe('parseWitnessCollection', () => {
  it('reads each attestation, whatever its attestor', () => {
    const { name, attestations } = parseWitnessCollection(COLLECTION);
    assert.equal(name, 'build');
    assert.deepEqual(
      attestations.map(({ attestation, startedAt }) => [attestation, startedAt]),
      [
        [{ commithash: 'c0ffee' }, '2024-01-01T00:00:00Z'],
        [{}, ''],
      ],
    );
  });

  it('refuses an attestation that records nothing', () => {
    const empty = { ...COLLECTION, attestations: [{ type: 'x' }] };
    assert.equal(
      codeOf(() => parseWitnessCollection(empty)),
      'witness_collection_invalid',
    );
  });

  it('answers hostile input with coded errors only', () => {
    fc.assert(
      fc.property(jsonMutationsOf(JSON.stringify(COLLECTION)), (text) =>
        onlyCodedErrors(() => parseWitnessCollection(JSON.parse(text))),
      ),
    );
  });
});

describe('parseCosignPredicate', () => {
  it('reads what `cosign attest --type custom` wraps around a file', () => {
    const read = parseCosignPredicate({ Data: '{"a":1}\n', Timestamp: '2024-01-01T00:00:00Z' });
    assert.deepEqual(read, { data: '{"a":1}\n', timestamp: '2024-01-01T00:00:00Z' });
    assert.deepEqual(parseCosignPredicate({ Data: { a: 1 } }), { data: { a: 1 }, timestamp: '' });
    assert.equal(
      codeOf(() => parseCosignPredicate({ Timestamp: '' })),
      'shape_invalid',
    );
  });
});
