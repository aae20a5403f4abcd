/** Each kind of material that is checked: reports of other people's tools, from the network. */
import assert from 'node:assert/strict';
import { digestOf } from '@waybill/core/digest';
import {
  detectKind,
  isMaterialKind,
  type MaterialFacts,
  type MaterialKind,
  SUPPORTED_KINDS,
  validateMaterial,
} from '@waybill/core/material';
import { CONTRACT } from '../examples.ts';
import { FIXTURES, sharedFiles } from '../fixtures.ts';
import type { Target } from '../target.ts';

const ROOT = 'vectors/chainloop/materials';
const files = (...names: readonly string[]) => names.flatMap((name) => sharedFiles(name, 10));

/** Where seeds of a kind lie, and valid ones by hand for those that the shared folder lacks. */
const SEEDS: Partial<Readonly<Record<MaterialKind, () => readonly (Uint8Array | string)[]>>> = {
  SBOM_CYCLONEDX_JSON: () => [
    ...files(
      `${ROOT}/sbom.cyclonedx*`,
      'evidence/sbom/cyclonedx-examples/**/*.json',
      'evidence/sbom/protobom/cyclonedx*',
    ),
    '{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"a"}]}',
  ],
  SBOM_SPDX_JSON: () => [
    ...files(`${ROOT}/sbom-spdx*`, 'evidence/sbom/protobom/spdx*'),
    '{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"a","dataLicense":"CC0-1.0","documentNamespace":"https://a.example","creationInfo":{"created":"2026-01-01T00:00:00Z","creators":["Tool: a-1"]},"packages":[]}',
  ],
  SARIF: () => [
    ...files(`${ROOT}/*.sarif`, 'evidence/vex-sarif/sarif*'),
    '{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"a"}},"results":[]}]}',
  ],
  OPENVEX: () =>
    files('evidence/vex-sarif/openvex*').concat(
      Buffer.from(
        '{"@context":"https://openvex.dev/ns/v0.2.0","@id":"a","author":"b","timestamp":"2026-01-01T00:00:00Z","version":1,"statements":[{"vulnerability":{"name":"CVE-1"},"status":"fixed"}]}',
      ),
    ),
  CSAF_VEX: () => files(`${ROOT}/csaf_vex*`, 'evidence/vex-sarif/csaf*'),
  JUNIT_XML: () => [
    '<testsuites name="a"><testsuite name="b" tests="2" failures="1"><testcase name="c"/><testcase name="d"><failure message="e">f</failure></testcase></testsuite></testsuites>',
  ],
  JACOCO_XML: () => [
    ...files(`${ROOT}/jacoco.xml`),
    '<report name="a"><counter type="LINE" missed="1" covered="2"/></report>',
  ],
  COBERTURA_XML: () => [
    ...files(`${ROOT}/cobertura.xml`),
    '<coverage line-rate="0.5" branch-rate="0" version="1"><packages/></coverage>',
  ],
  ATTESTATION: () => [...files(`${ROOT}/attestation*`, `${ROOT}/*.sigstore.json`), ...FIXTURES.bundles],
  SLSA_PROVENANCE: () =>
    files(`${ROOT}/slsa_provenance*`, 'evidence/slsa/gha_generic/**/*', 'evidence/slsa/gha_go/**/*').concat(
      Buffer.from(FIXTURES.bundles[0] ?? ''),
    ),
  CONTAINER_IMAGE: () => [
    '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}',
  ],
};

/** Of other kinds any vector whose name has a word of the kind, and what is common to all. */
function seedsOf(kind: MaterialKind): readonly (Uint8Array | string)[] {
  const words = kind
    .toLowerCase()
    .split('_')
    .filter((word) => word.length > 3 && word !== 'json');
  const named = words.flatMap((word) => files(`${ROOT}/*${word}*`));
  const own = SEEDS[kind]?.() ?? named;
  return [
    ...own,
    ...files(`${ROOT}/twistcli*`, `${ROOT}/*-report*.json`).slice(0, 2),
    '{}',
    '[{"a":1}]',
    CONTRACT,
  ];
}

const xml = (kind: MaterialKind): boolean => kind.endsWith('_XML');

export const MATERIAL_TARGETS: readonly Target[] = [
  ...SUPPORTED_KINDS.map(
    (kind): Target => ({
      name: `core/material ${kind}`,
      covers: ['material.validateMaterial'],
      seeds: () => seedsOf(kind),
      call: (input) =>
        validateMaterial(kind, input, {
          filename: 'report',
          ...(kind === 'CONTAINER_IMAGE' ? { reference: `localhost:1/a@${digestOf(input)}` } : {}),
        }),
      check: (answer) => {
        const { annotations, counts } = answer as MaterialFacts;
        for (const text of Object.values(annotations)) assert.equal(typeof text, 'string');
        for (const count of Object.values(counts)) assert.ok(Number.isFinite(count) && count >= 0);
      },
      codes: ['material_invalid', 'material_empty'],
      costMicros: xml(kind) ? 500 : 150,
    }),
  ),
  {
    name: 'core/material detectKind',
    covers: ['material.detectKind', 'material.isMaterialKind'],
    seeds: () => SUPPORTED_KINDS.flatMap((kind) => seedsOf(kind).slice(0, 2)),
    call: (input) => detectKind(input, 'report.json'),
    check: (answer) => assert.ok(isMaterialKind(answer as string)),
    codes: [],
    costMicros: 80,
  },
];
