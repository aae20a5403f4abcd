import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunMaterial } from '../intoto/index.ts';
import { type ConformanceInput, checkContract, parseContract, signerMatches } from './index.ts';

const { contract } = parseContract(`
schemaVersion: v1
materials:
  - {name: image, type: CONTAINER_IMAGE, output: true, annotations: [{name: team}]}
  - {name: notes, type: ARTIFACT, optional: true}
  - {name: cdx, type: SBOM_CYCLONEDX_JSON, group: sbom}
  - {name: spdx, type: SBOM_SPDX_JSON, group: sbom}
envAllowList: [VERSION]
runner: {type: GITHUB_ACTION}
annotations: [{name: stage, value: prod}, {name: approver}]
`);

function material(name: string, kind: string, rest: Partial<RunMaterial> = {}): RunMaterial {
  return {
    name,
    kind,
    digest: `sha256:${'0'.repeat(64)}`,
    sizeBytes: 1,
    output: false,
    annotations: {},
    ...rest,
  };
}

const image = material('image', 'CONTAINER_IMAGE', { output: true, annotations: { team: 'a' } });
const good: ConformanceInput = {
  materials: [image, material('cdx', 'SBOM_CYCLONEDX_JSON'), material('extra', 'EVIDENCE')],
  environment: { VERSION: '1', GITHUB_SHA: 'x' },
  annotations: { stage: 'prod', approver: 'me', more: 'x' },
  runner: { type: 'GITHUB_ACTION' },
};

function codes(run: Partial<ConformanceInput>): readonly string[] {
  return checkContract(contract, { ...good, ...run }).map((finding) => finding.code);
}

describe('checkContract', () => {
  it('finds nothing in a run that conforms', () => {
    assert.deepEqual(codes({}), []);
  });

  it('demands every material that is neither optional nor of a group', () => {
    assert.deepEqual(codes({ materials: good.materials.slice(1) }), ['contract_material_missing']);
  });

  it('demands one member of each group', () => {
    assert.deepEqual(codes({ materials: [image] }), ['contract_group_missing']);
    assert.deepEqual(codes({ materials: [image, material('spdx', 'SBOM_SPDX_JSON')] }), []);
  });

  it('demands the kind, the output flag and the annotations of each material', () => {
    const cdx = material('cdx', 'SBOM_CYCLONEDX_JSON');
    assert.deepEqual(codes({ materials: [image, material('cdx', 'EVIDENCE')] }), ['contract_material_kind']);
    assert.deepEqual(codes({ materials: [{ ...image, output: false }, cdx] }), ['contract_material_output']);
    assert.deepEqual(codes({ materials: [image, { ...cdx, output: true }] }), ['contract_material_output']);
    assert.deepEqual(codes({ materials: [{ ...image, annotations: { team: '' } }, cdx] }), [
      'contract_annotation',
    ]);
  });

  it('lets extra materials come along, but never as outputs', () => {
    const extra = material('extra', 'EVIDENCE', { output: true });
    assert.deepEqual(codes({ materials: [...good.materials.slice(0, 2), extra] }), [
      'contract_material_output',
    ]);
  });

  it('demands annotations with their value, or any value where the contract leaves it open', () => {
    assert.deepEqual(codes({ annotations: { stage: 'test', approver: 'me' } }), ['contract_annotation']);
    assert.deepEqual(codes({ annotations: { stage: 'prod' } }), ['contract_annotation']);
    assert.deepEqual(
      codes({ annotations: Object.create({ stage: 'prod', approver: 'me' }) as Record<string, string> }),
      ['contract_annotation', 'contract_annotation'],
    );
  });

  it('takes variables only from the allow list and the runner', () => {
    assert.deepEqual(codes({ environment: { SECRET: 'x' } }), ['contract_environment']);
    assert.deepEqual(codes({ environment: { CI_JOB_URL: 'x' } }), ['contract_environment']);
  });

  it('demands the runner', () => {
    assert.deepEqual(codes({ runner: { type: 'JENKINS_JOB' }, environment: {} }), ['contract_runner']);
  });
});

describe('signerMatches', () => {
  it('wants issuer and subject both', () => {
    const signer = { issuer: 'https://i', subject: 'org/*' };
    assert.equal(signerMatches(signer, { issuer: 'https://i', subject: 'org/a' }), true);
    assert.equal(signerMatches(signer, { issuer: 'https://j', subject: 'org/a' }), false);
    assert.equal(signerMatches(signer, { issuer: 'https://i', subject: 'other/a' }), false);
  });
});
