/** Values by hand, from which our own formatters make seeds. */
import { digestOf } from '../../packages/core/src/digest/index.ts';
import type { RunPredicate, VsaPredicate } from '../../packages/core/src/intoto/index.ts';

const DIGEST = digestOf(Buffer.from('a program'));

export const RUN_PREDICATE: RunPredicate = {
  run: {
    id: '00000000-0000-4000-8000-000000000001',
    organization: 'default',
    project: 'demo',
    workflow: 'build',
    startedAt: '2026-03-01T11:59:00.000Z',
    finishedAt: '2026-03-01T12:00:00.000Z',
  },
  contract: { name: 'release', revision: 1, digest: DIGEST },
  runner: { type: 'GITHUB_ACTION', url: 'https://ci.example/runs/1' },
  environment: { CI: 'true', GITHUB_REF: 'refs/heads/main' },
  annotations: { team: 'dock' },
  materials: [
    {
      name: 'program',
      kind: 'ARTIFACT',
      digest: DIGEST,
      sizeBytes: 9,
      filename: 'program.bin',
      output: true,
      annotations: { 'tool.name': 'make' },
    },
    {
      name: 'note',
      kind: 'STRING',
      digest: DIGEST,
      sizeBytes: 9,
      value: 'a program',
      output: false,
      annotations: {},
    },
    {
      name: 'image',
      kind: 'CONTAINER_IMAGE',
      digest: DIGEST,
      sizeBytes: 9,
      reference: `registry.example:5000/demo/app:v1@${DIGEST}`,
      output: true,
      annotations: {},
    },
  ],
  tool: { name: 'waybill', version: '0.1.0' },
};

export const VSA_PREDICATE = {
  verifier: { id: 'https://waybill.example/verifier', version: { waybill: '0.1.0' } },
  timeVerified: '2026-03-01T12:00:01.000Z',
  resourceUri: 'pkg:generic/program',
  policy: { uri: 'https://waybill.example/contracts/release', digest: { sha256: DIGEST.slice(7) } },
  inputAttestations: [{ digest: { sha256: DIGEST.slice(7) } }],
  verificationResult: 'PASSED',
  verifiedLevels: ['WAYBILL_CONTRACT', 'SLSA_BUILD_LEVEL_2'],
  dependencyLevels: { SLSA_BUILD_LEVEL_1: 3 },
  slsaVersion: '1.1',
} as const satisfies VsaPredicate;

export const CONTRACT = `apiVersion: chainloop.dev/v1
kind: Contract
metadata:
  name: release
  description: What a release owes
  annotations: { team: dock }
spec:
  materials:
    - { type: ARTIFACT, name: program, output: true }
    - type: SBOM_CYCLONEDX_JSON
      name: sbom
      optional: true
      annotations:
        - { name: origin, value: "a: b" }
  envAllowList: [CI, GITHUB_REF]
  runner: { type: GITHUB_ACTION }
  annotations:
    - name: team
  signers:
    - { issuer: "https://waybill.example/oidc", subject: "default/*/build" }
  policies:
    attestation:
      - ref: a-policy
        with: { key: value }
    materials:
      - embedded:
          apiVersion: chainloop.dev/v1
          kind: Policy
          metadata: { name: p }
          spec: { type: SBOM_CYCLONEDX_JSON, embedded: "package main" }
`;

export const POLICY = {
  apiVersion: 'chainloop.dev/v1',
  kind: 'Policy',
  metadata: { name: 'licences', description: 'What may be shipped' },
  spec: {
    policies: [{ kind: 'SBOM_CYCLONEDX_JSON', embedded: 'package main', attestationPhases: ['PUSH'] }],
    inputs: [
      { name: 'banned', required: true },
      { name: 'days', default: '30' },
    ],
  },
} as const;
