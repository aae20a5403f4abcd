import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseContract } from './index.ts';
import { policyReferences, withPolicies } from './policy-references.ts';

const POLICY = {
  apiVersion: 'chainloop.dev/v1',
  kind: 'Policy',
  metadata: { name: 'p' },
  spec: { embedded: 'package p\n# "x"' },
};
const PIN = 'a'.repeat(64);

const YAML = `\ufeffapiVersion: chainloop.dev/v1
kind: Contract
metadata: {name: c}
spec:
  policies:
    materials:
      # one by file
      - ref: file://licences.yaml   # here
        with: {a: b}
      - {ref: 'https://example.com/p.yaml@sha256:${PIN}', gate: false}
      - ref: named-one
    attestation:
      - selector: {name: x}
        ref: "http://example.com/q.yaml"
`;

describe('policyReferences', () => {
  it('finds those with an address, with their place and their pin', () => {
    const found = policyReferences(YAML, 'c.yaml');
    assert.deepEqual(
      found.map(({ address, pin, line, column }) => [address, pin, line, column]),
      [
        ['file://licences.yaml', null, 8, 14],
        ['https://example.com/p.yaml', `sha256:${PIN}`, 10, 15],
        ['http://example.com/q.yaml', null, 14, 14],
      ],
    );
    assert.deepEqual(
      policyReferences('schemaVersion: v1\npolicies: {materials: [{ref: file://a.yaml}]}', 'v1').length,
      1,
    );
    assert.deepEqual(policyReferences('- no\n- contract', 'x'), []);
  });

  it('leaves a text that is also meant elsewhere', () => {
    assert.deepEqual(
      policyReferences('policies: {materials: [{ref: &a file://a.yaml}, {ref: *a}]}', 'x'),
      [],
    );
  });
});

describe('withPolicies', () => {
  it('puts policies into YAML and JSON, and changes nothing besides', () => {
    for (const text of [
      YAML,
      JSON.stringify(
        JSON.parse(
          JSON.stringify({
            schemaVersion: 'v1',
            policies: { materials: [{ ref: 'file://a.yaml', gate: true }] },
          }),
        ),
      ),
    ]) {
      const references = policyReferences(text, 'c');
      const embedded = withPolicies(text, new Map(references.map((one) => [one, POLICY])));
      assert.equal(embedded.split('\n').length, text.split('\n').length);
      const { policies } = parseContract(embedded, { strict: true }).contract;
      const all = [...policies.materials, ...policies.attestation];
      assert.equal(all.filter((one) => one.ref === null).length, references.length);
      for (const one of all.filter((policy) => policy.ref === null)) assert.deepEqual(one.embedded, POLICY);
      assert.deepEqual(policyReferences(embedded, 'c'), []);
    }
  });
});
