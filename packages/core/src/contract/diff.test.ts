import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Contract, diffContracts, parseContract } from './index.ts';

const contract = (keys: string): Contract => parseContract(`{schemaVersion: v1, ${keys}}`).contract;

/** The changes, and those of the way back, where laxer and stricter have changed places. */
function changes(before: string, after: string): readonly string[] {
  const told = (from: Contract, to: Contract) =>
    diffContracts(from, to).map(({ path, effect }) => `${path} ${effect}`);
  const [from, to] = [contract(before), contract(after)];
  const back = told(to, from).map((line) =>
    line.endsWith('laxer') ? line.replace(/laxer$/, 'stricter') : line.replace(/stricter$/, 'laxer'),
  );
  assert.deepEqual(back.toSorted(), told(from, to).toSorted());
  assert.deepEqual(diffContracts(from, from), []);
  return told(from, to);
}

describe('diffContracts', () => {
  it('says which demands are gone or softened', () => {
    const before =
      'materials: [{name: a, type: SARIF}, {name: b, type: SARIF}, {name: c, type: SARIF}], runner: {type: 1}, ' +
      'annotations: [{name: x}, {name: y, value: "1"}], envAllowList: [A], ' +
      'policies: {attestation: [{ref: p}, {ref: q}, {ref: r}]}, policyGroups: [{ref: g}]';
    const after =
      'materials: [{name: b, type: SARIF, optional: true}, {name: c, type: SARIF, skipUpload: true}], ' +
      'annotations: [{name: y}], envAllowList: [A, B], ' +
      'policies: {attestation: [{ref: q, disabled: true}, {ref: r, gate: false}]}';
    assert.deepEqual(changes(before, after), [
      'materials.a laxer',
      'materials.b.optional laxer',
      'materials.c.skipUpload laxer',
      'envAllowList.B laxer',
      'runner laxer',
      'annotations.x laxer',
      'annotations.y laxer',
      'policies.attestation.p laxer',
      'policies.attestation.q.disabled laxer',
      'policies.attestation.r.gate laxer',
      'policyGroups.g laxer',
    ]);
  });

  it('calls nothing stricter whose effect hangs on more than the change', () => {
    const before =
      'materials: [{name: a, type: SARIF}], annotations: [{name: y, value: "1"}], runner: {type: 1}';
    const after =
      'materials: [{name: a, type: STRING, group: g, output: true}, {name: b, type: SARIF, optional: true}], ' +
      'annotations: [{name: y, value: "2"}], runner: {type: 2}, signers: [{issuer: i, subject: s}]';
    assert.deepEqual(changes(before, after), [
      'materials.a.kind other',
      'materials.a.output other',
      'materials.a.group other',
      'materials.b other',
      'runner other',
      'annotations.y other',
      'signers.s (issuer i) other',
    ]);
  });

  it('counts signers where some are named on both sides', () => {
    const one = 'signers: [{issuer: i, subject: s}]';
    assert.deepEqual(changes(one, 'signers: [{issuer: i, subject: s}, {issuer: i, subject: t}]'), [
      'signers.t (issuer i) laxer',
    ]);
  });

  it('tells policies of one name apart', () => {
    const policy = (kind: string) =>
      `{embedded: {kind: Policy, metadata: {name: p}, spec: {policies: [{kind: ${kind}, embedded: "x"}]}}}`;
    assert.deepEqual(
      changes(
        `policies: {materials: [${policy('SARIF')}, ${policy('STRING')}]}`,
        `policies: {materials: [${policy('SARIF')}, ${policy('EVIDENCE')}, ${policy('SARIF')}]}`,
      ),
      ['policies.materials.p#2.embedded other', 'policies.materials.p#3 stricter'],
    );
  });

  it('takes names for names, whatever an object has of its own', () => {
    assert.deepEqual(changes('envAllowList: []', 'envAllowList: [constructor, toString]'), [
      'envAllowList.constructor laxer',
      'envAllowList.toString laxer',
    ]);
  });

  it('sees no difference in how a contract is written', () => {
    const v1 = contract('materials: [{name: a, type: 9}]');
    const v2 = parseContract(
      'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: {name: x}\nspec: {materials: [{name: a, type: SARIF}]}',
    ).contract;
    assert.deepEqual(diffContracts(v1, v2), []);
  });

  it('gives both sides of a change', () => {
    assert.deepEqual(diffContracts(contract('runner: {type: 1}'), contract('')), [
      { path: 'runner', effect: 'laxer', before: 'GITHUB_ACTION', after: null },
    ]);
  });
});
