/** Flow 1: evidence under a contract → verified by the server → judged → provable to others. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Receipt } from '@waybill/api';
import { parseBundle } from '@waybill/core/bundle';
import { utf8 } from '@waybill/core/bytes';
import { digestOf, hexOf } from '@waybill/core/digest';
import { parseVsaPredicate, type RunMaterial } from '@waybill/core/intoto';
import { parseTrustedRoot } from '@waybill/core/trust';
import { verifyStatementBundle } from '@waybill/core/verify';
import { type Attester, startAttester, stringMaterial, type TestWorld, testWorld } from '@waybill/testkit';

const PROGRAM = utf8('#!/bin/sh\necho hello\n');
const TESTS = utf8(
  '<testsuites><testsuite name="unit" tests="1"><testcase name="works"/></testsuite></testsuites>',
);
const SBOM = utf8(JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, components: [] }));

let world: TestWorld;
let attester: Attester;
let materials: readonly RunMaterial[];
let receipt: Receipt;

before(async () => {
  world = await testWorld();
});
after(() => world.close());

describe('a pipeline that keeps its contract', () => {
  it('gets a contract and a workflow from the security team', async () => {
    const document = [
      'apiVersion: chainloop.dev/v1',
      'kind: Contract',
      'metadata: { name: release }',
      'spec:',
      '  materials:',
      '    - { type: ARTIFACT, name: program, output: true }',
      '    - { type: SBOM_CYCLONEDX_JSON, name: sbom }',
      '    - { type: JUNIT_XML, name: tests }',
      '    - { type: STRING, name: version }',
      '  signers:',
      `    - { issuer: "${world.url}/oidc", subject: "${world.url}/oidc/default/shop/build" }`,
    ].join('\n');
    const applied = await world.owner.applyContract({ document });
    assert.deepEqual([applied.name, applied.revision, applied.changed], ['release', 1, true]);
    const workflow = await world.owner.createWorkflow({
      project: 'shop',
      name: 'build',
      contract: 'release',
    });
    assert.equal(workflow.contractRevision, null);
  });

  it("starts a run and records its materials in the run's own repository", async () => {
    attester = await startAttester({
      client: world.owner,
      token: world.ownerToken,
      project: 'shop',
      workflow: 'build',
    });
    assert.equal(attester.run.state, 'INITIALIZED');
    assert.equal(attester.run.repository, 'default/shop/build');
    materials = [
      await attester.record('program', 'ARTIFACT', PROGRAM, true),
      await attester.record('sbom', 'SBOM_CYCLONEDX_JSON', SBOM),
      await attester.record('tests', 'JUNIT_XML', TESTS),
      stringMaterial('version', '1.2.3'),
    ];
  });

  it('signs without a stored key and is judged PASSED', async () => {
    const bundle = await attester.sign(attester.predicate(materials));
    receipt = await world.owner.pushAttestation(attester.run.id, bundle);
    assert.deepEqual(receipt.findings, []);
    assert.equal(receipt.result, 'PASSED');
    assert.deepEqual(receipt.signer, {
      type: 'certificate',
      issuer: `${world.url}/oidc`,
      subject: `${world.url}/oidc/default/shop/build`,
    });
    assert.deepEqual(receipt.subjects, [{ name: 'program', digest: digestOf(PROGRAM) }]);
    const run = await world.owner.describeRun(attester.run.id);
    assert.equal(run.state, 'PASSED');
    assert.deepEqual(run.receipt, receipt);
  });

  it('leaves evidence that verifies offline, with the trusted root alone', async () => {
    const trustedRoot = parseTrustedRoot(utf8(await world.as().trustedRoot()));
    const attestation = verifyStatementBundle(
      parseBundle(await world.owner.downloadBundle(attester.run.id)),
      {
        trustedRoot,
        expectations: {
          type: 'identity',
          issuer: `${world.url}/oidc`,
          subject: `${world.url}/oidc/default/shop/build`,
        },
        artifact: PROGRAM,
      },
    );
    // Signed within the first second of the services: their start must not lie behind it.
    for (const { validFor } of [
      ...trustedRoot.tlogs,
      ...trustedRoot.ctlogs,
      ...trustedRoot.timestampAuthorities,
    ]) {
      assert.equal(validFor.start?.getMilliseconds(), 0);
    }
    assert.equal(attestation.payloadDigest, receipt.attestation.payloadDigest);
    assert.equal(attestation.statement.logged?.logIndex, receipt.attestation.log.logIndex);
  });

  it('leaves a verdict that the server signed as itself, about the artifact and the contract', async () => {
    const text = await world.owner.downloadVerdict(attester.run.id);
    assert.equal(digestOf(utf8(text)), receipt.vsa.bundleDigest);
    const { statement } = verifyStatementBundle(parseBundle(text), {
      trustedRoot: parseTrustedRoot(utf8(await world.as().trustedRoot())),
      expectations: { type: 'identity', issuer: `${world.url}/oidc`, subject: `${world.url}/verifier` },
      artifact: digestOf(PROGRAM),
    });
    const vsa = parseVsaPredicate(statement.value.predicate);
    assert.equal(vsa.verificationResult, 'PASSED');
    assert.equal(vsa.verifier.id, `${world.url}/verifier`);
    assert.equal(vsa.resourceUri, `${world.url}/default/shop/build`);
    assert.deepEqual(vsa.policy, {
      uri: `${world.url}/waybill/v1/contracts/release?revision=1`,
      digest: { sha256: hexOf(attester.run.contract.digest as `sha256:${string}`) },
    });
    const bundle = await world.owner.downloadBundle(attester.run.id);
    assert.deepEqual(vsa.inputAttestations[0]?.digest, { sha256: hexOf(digestOf(utf8(bundle))) });
  });

  it('is found by every OCI tool: the run as a manifest, its evidence as referrers', async () => {
    const headers = { authorization: `Bearer ${world.ownerToken.reveal()}` };
    const base = `${world.url}/v2/default/shop/build`;
    const manifest = await fetch(`${base}/manifests/run-${attester.run.id}`, { headers });
    assert.equal(manifest.headers.get('docker-content-digest'), receipt.manifestDigest);
    const { artifactType, layers } = (await manifest.json()) as {
      artifactType: string;
      layers: { digest: string }[];
    };
    assert.equal(artifactType, 'application/vnd.waybill.run.v1+json');
    assert.deepEqual(
      layers.map((layer) => layer.digest),
      [PROGRAM, SBOM, TESTS].map((bytes) => digestOf(bytes)),
    );
    const referrers = await fetch(`${base}/referrers/${receipt.manifestDigest}`, { headers });
    const { manifests } = (await referrers.json()) as {
      manifests: { annotations: Record<string, string> }[];
    };
    assert.deepEqual(
      new Set(manifests.map(({ annotations }) => annotations['dev.sigstore.bundle.predicateType'])),
      new Set([
        'https://slsa.dev/provenance/v1',
        'https://slsa.dev/verification_summary/v1',
        'https://waybill.dev/attestation/run/v1',
      ]),
    );
  });

  it('opens the gate for the artifact under that contract, and for nothing else', async () => {
    const ask = (digest: string, contract: string) =>
      world.owner.ask({ subject: { digest }, context: { contract } });
    const allowed = await ask(digestOf(PROGRAM), 'release');
    assert.equal(allowed.outcome, 'allow');
    assert.deepEqual(allowed.evidence, {
      runId: attester.run.id,
      vsaDigest: receipt.vsa.bundleDigest,
      logIndex: receipt.vsa.log.logIndex,
    });
    assert.deepEqual(await world.owner.describeDecision(allowed.id), allowed);
    assert.equal((await ask(digestOf(SBOM), 'release')).outcome, 'deny');
    assert.equal((await ask(digestOf(PROGRAM), 'another')).outcome, 'deny');
  });
});
