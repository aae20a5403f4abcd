import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import type { Contract, ContractMaterial } from '@waybill/core/contract';
import type { MaterialKind } from '@waybill/core/material';
import { annotationsFor, parseAnnotations } from './annotations.ts';
import { chooseMaterial } from './choose-material.ts';
import type { AttestationState } from './state.ts';
import { materialStatus } from './stated-contract.ts';

const wanted = (
  name: string,
  kind: MaterialKind,
  more: Partial<ContractMaterial> = {},
): ContractMaterial => ({
  name,
  kind,
  optional: false,
  output: false,
  skipUpload: false,
  group: '',
  annotations: [],
  ...more,
});

const MATERIALS = [
  wanted('sbom', 'SBOM_CYCLONEDX_JSON'),
  wanted('unit', 'JUNIT_XML'),
  wanted('e2e', 'JUNIT_XML', { optional: true }),
];
const contract = { materials: MATERIALS, envAllowList: [] } as unknown as Contract;

const recorded = (name: string, kind: string) => ({
  name,
  kind,
  digest: `sha256:${'0'.repeat(64)}` as const,
  sizeBytes: 1,
  output: false,
  annotations: {},
});

const choose = (name: string | undefined, kind: MaterialKind | undefined, names: readonly string[] = []) =>
  chooseMaterial({
    contract,
    state: { materials: names.map((one) => recorded(one, 'JUNIT_XML')) } as unknown as AttestationState,
    name,
    kind,
    detect: async () => 'JUNIT_XML',
  });

describe('chooseMaterial', () => {
  it('takes the kind of a named material from the contract', async () => {
    assert.equal((await choose('sbom', undefined)).kind, 'SBOM_CYCLONEDX_JSON');
    await assert.rejects(choose('sbom', 'SARIF'), (error) => isCoded(error, 'material_kind_mismatch'));
  });
  it('names the nearest material for a misspelled name, and never takes it for an extra one', async () => {
    await assert.rejects(
      choose('sbmo', undefined),
      (error) => isCoded(error, 'material_unknown') && /did you mean sbom/.test(error.message),
    );
  });
  it('records beyond the contract only with a kind, and never as what the contract names', async () => {
    assert.deepEqual(await choose('notes', 'EVIDENCE'), { name: 'notes', kind: 'EVIDENCE', wanted: null });
    await assert.rejects(choose('../x', 'EVIDENCE'), (error) => isCoded(error, 'material_unknown'));
  });
  it('without a name takes the only open material of the kind', async () => {
    assert.equal((await choose(undefined, 'SBOM_CYCLONEDX_JSON')).name, 'sbom');
    assert.equal((await choose(undefined, undefined, ['unit'])).name, 'e2e');
    await assert.rejects(
      choose(undefined, undefined),
      (error) => isCoded(error, 'material_ambiguous') && /unit, e2e/.test(error.message),
    );
    await assert.rejects(choose(undefined, 'SARIF'), (error) => isCoded(error, 'material_unknown'));
  });
  it('replaces what is recorded by name only', async () => {
    assert.equal((await choose('sbom', undefined, ['sbom'])).name, 'sbom');
    await assert.rejects(
      choose(undefined, 'SBOM_CYCLONEDX_JSON', ['sbom']),
      (error) => isCoded(error, 'material_ambiguous') && /recorded already \(sbom\)/.test(error.message),
    );
  });
});

describe('materialStatus', () => {
  it('marks what an attestation cannot pass without', () => {
    const grouped = {
      materials: [
        ...MATERIALS,
        wanted('a', 'SARIF', { group: 'scan' }),
        wanted('b', 'SARIF', { group: 'scan' }),
      ],
    } as unknown as Contract;
    const missing = (names: readonly string[]) =>
      materialStatus(
        grouped,
        names.map((name) => recorded(name, 'SARIF')),
      )
        .filter((row) => row.missing)
        .map(({ name }) => name);
    assert.deepEqual(missing([]), ['sbom', 'unit', 'a', 'b']);
    assert.deepEqual(missing(['sbom', 'unit', 'b']), []);
    assert.equal(materialStatus(grouped, [recorded('more', 'SARIF')]).at(-1)?.need, 'extra');
  });
});

describe('annotations', () => {
  it('are pairs, each key once', () => {
    assert.deepEqual(parseAnnotations(['a=1', 'b=x=y', 'c=']), { a: '1', b: 'x=y', c: '' });
    for (const pairs of [['a'], ['=x'], ['a=1', 'a=2'], ['a b=1'], ['__proto__=x']]) {
      assert.throws(
        () => parseAnnotations(pairs),
        (error) => isCoded(error, 'usage_invalid'),
      );
    }
  });
  it('must give what the contract leaves open and cannot change what it fixes', () => {
    const open = { name: 'version', value: '' };
    const fixed = { name: 'team', value: 'core' };
    assert.deepEqual(annotationsFor([open, fixed], { version: '1', extra: 'x' }, 'it'), {
      version: '1',
      extra: 'x',
      team: 'core',
    });
    assert.throws(
      () => annotationsFor([open], {}, 'it'),
      (error) => isCoded(error, 'annotation_missing'),
    );
    assert.throws(
      () => annotationsFor([fixed], { team: 'other' }, 'it'),
      (error) => isCoded(error, 'usage_invalid'),
    );
  });
});
