import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '../bytes/index.ts';
import { digestOf } from '../digest/index.ts';
import { CodedError, isCoded } from '../errors.ts';
import {
  detectKind,
  MATERIAL_KIND_NUMBERS,
  MATERIAL_KINDS,
  type MaterialKind,
  materialKindOf,
  parseKind,
  SUPPORTED_KINDS,
  validateMaterial,
} from './index.ts';

const shared = process.env['WAYBILL_SHARED'] ?? path.resolve(import.meta.dirname, '../../../../../shared');
const vectors = path.join(shared, 'vectors/chainloop/materials');
const evidence = path.join(shared, 'evidence');
const skip = existsSync(vectors) ? false : 'the shared vectors are not here';

/** Every file of the published vectors: the kind it stands for, and whether that kind must accept it. */
const VECTORS: Readonly<Record<string, readonly [MaterialKind, 'accept' | 'refuse' | 'unsupported']>> = {
  'attestation-bundle.json': ['ATTESTATION', 'accept'],
  'attestation-dsse-invalidtype.json': ['ATTESTATION', 'refuse'],
  'attestation-dsse.json': ['ATTESTATION', 'accept'],
  'attestation-invalid-intoto.json': ['ATTESTATION', 'refuse'],
  'attestation-invalid-payload.json': ['ATTESTATION', 'refuse'],
  'chainloop_attestation.sigstore.json': ['ATTESTATION', 'accept'],
  'slsa_provenance.sigstore.json': ['SLSA_PROVENANCE', 'accept'],
  'accesschk-default.txt': ['SYSINTERNALS_ACCESSCHK', 'unsupported'],
  'accesschk-verbose.txt': ['SYSINTERNALS_ACCESSCHK', 'unsupported'],
  'ai-agent-config-claude.json': ['CHAINLOOP_AI_AGENT_CONFIG', 'unsupported'],
  'ai-agent-config-cursor.json': ['CHAINLOOP_AI_AGENT_CONFIG', 'unsupported'],
  'ai-coding-session-minimal.json': ['CHAINLOOP_AI_CODING_SESSION', 'unsupported'],
  'ai-coding-session.json': ['CHAINLOOP_AI_CODING_SESSION', 'unsupported'],
  'asyncapi-2.6.json': ['ASYNCAPI_SPEC', 'unsupported'],
  'asyncapi-invalid.json': ['ASYNCAPI_SPEC', 'unsupported'],
  'openapi-2.0.yaml': ['OPENAPI_SPEC', 'unsupported'],
  'openapi-3.0.json': ['OPENAPI_SPEC', 'unsupported'],
  'openapi-invalid.json': ['OPENAPI_SPEC', 'unsupported'],
  'schema.graphql': ['GRAPHQL_SPEC', 'unsupported'],
  'invalid.graphql': ['GRAPHQL_SPEC', 'unsupported'],
  'dranzer-report.txt': ['CERTCC_DRANZER', 'unsupported'],
  'radamsa-meta.txt': ['RADAMSA_REPORT', 'unsupported'],
  'runner-context-branches-v0.1.json': ['CHAINLOOP_RUNNER_CONTEXT', 'unsupported'],
  'runner-context-tags-v0.1.json': ['CHAINLOOP_RUNNER_CONTEXT', 'unsupported'],
  'sigcheck-report-empty.csv': ['SYSINTERNALS_SIGCHECK', 'unsupported'],
  'sigcheck-report-tab.csv': ['SYSINTERNALS_SIGCHECK', 'unsupported'],
  'sigcheck-report.csv': ['SYSINTERNALS_SIGCHECK', 'unsupported'],
  'zap_scan.zip': ['ZAP_DAST_ZIP', 'unsupported'],
  'zap_scan_wrong.zip': ['ZAP_DAST_ZIP', 'unsupported'],
  'empty-values.tgz': ['HELM_CHART', 'unsupported'],
  'missing-chartyaml.tgz': ['HELM_CHART', 'unsupported'],
  'missing-empty.tgz': ['HELM_CHART', 'unsupported'],
  'missing-valuesyaml.tgz': ['HELM_CHART', 'unsupported'],
  'blackduck_sca.json': ['BLACKDUCK_SCA_JSON', 'accept'],
  'blackduck_sca_missing_fields.json': ['BLACKDUCK_SCA_JSON', 'refuse'],
  'checkmarx-clean.json': ['CHECKMARX_JSON', 'accept'],
  'checkmarx-extra-engines.json': ['CHECKMARX_JSON', 'accept'],
  'checkmarx-null-results.json': ['CHECKMARX_JSON', 'accept'],
  'checkmarx-extra-engines.sarif': ['SARIF', 'accept'],
  'checkmarx-multi-run.sarif': ['SARIF', 'accept'],
  'checkmarx.sarif': ['SARIF', 'accept'],
  'report.sarif': ['SARIF', 'accept'],
  'cobertura.xml': ['COBERTURA_XML', 'accept'],
  'jacoco.xml': ['JACOCO_XML', 'accept'],
  'csaf_informational_advisory.json': ['CSAF_INFORMATIONAL_ADVISORY', 'accept'],
  'csaf_security_advisory.json': ['CSAF_SECURITY_ADVISORY', 'accept'],
  'csaf_security_incident_response.json': ['CSAF_SECURITY_INCIDENT_RESPONSE', 'accept'],
  'csaf_security_incident_response_wrong_category.json': ['CSAF_SECURITY_INCIDENT_RESPONSE', 'refuse'],
  'csaf_vex_v0.2.0.json': ['CSAF_VEX', 'accept'],
  'detect-secrets-baseline-clean.json': ['YELP_DETECT_SECRETS_BASELINE', 'accept'],
  'detect-secrets-baseline-violations.json': ['YELP_DETECT_SECRETS_BASELINE', 'accept'],
  'empty.txt': ['ARTIFACT', 'refuse'],
  'simple.txt': ['ARTIFACT', 'accept'],
  'empty_array.json': ['GITLEAKS_JSON', 'accept'],
  // The name means that the file does not describe itself; evidence has no form that it must keep.
  'evidence-invalid-structure.json': ['EVIDENCE', 'accept'],
  'evidence-with-id-data-no-schema.json': ['EVIDENCE', 'accept'],
  'evidence-with-id-data-schema.json': ['EVIDENCE', 'accept'],
  'evidence-with-new-id-data-schema.json': ['EVIDENCE', 'accept'],
  'ghas-code-scan-wrong.json': ['GHAS_CODE_SCAN', 'refuse'],
  'ghas-dependency-scan-wrong.json': ['GHAS_DEPENDENCY_SCAN', 'refuse'],
  'ghas-dependency-scan.json': ['GHAS_DEPENDENCY_SCAN', 'accept'],
  'ghas-secret-scan.json': ['GHAS_SECRET_SCAN', 'accept'],
  'gitleaks-report-violations.json': ['GITLEAKS_JSON', 'accept'],
  'gl-container-scanning-report.json': ['GITLAB_SECURITY_REPORT', 'accept'],
  'gl-secret-detection-report.json': ['GITLAB_SECURITY_REPORT', 'accept'],
  'sbom-spdx-container.json': ['SBOM_SPDX_JSON', 'accept'],
  'sbom-spdx-empty-tool-name.json': ['SBOM_SPDX_JSON', 'accept'],
  'sbom-spdx-multiple-tools.json': ['SBOM_SPDX_JSON', 'accept'],
  'sbom-spdx-no-purpose.json': ['SBOM_SPDX_JSON', 'accept'],
  'sbom-spdx-no-tool-version.json': ['SBOM_SPDX_JSON', 'accept'],
  'sbom-spdx-with-described-package.json': ['SBOM_SPDX_JSON', 'accept'],
  'sbom.cyclonedx-1.4-empty-tool-version.json': ['SBOM_CYCLONEDX_JSON', 'accept'],
  'sbom.cyclonedx-1.5-empty-tool-version.json': ['SBOM_CYCLONEDX_JSON', 'accept'],
  'sbom.cyclonedx-1.5-legacy-tools.json': ['SBOM_CYCLONEDX_JSON', 'accept'],
  'sbom.cyclonedx-1.5-multiple-tools.json': ['SBOM_CYCLONEDX_JSON', 'accept'],
  'sbom.cyclonedx-1.5-null-cwes.json': ['SBOM_CYCLONEDX_JSON', 'accept'],
  'sbom.cyclonedx-1.5-vulnerabilities.json': ['SBOM_CYCLONEDX_JSON', 'accept'],
  'sbom.cyclonedx-1.5.json': ['SBOM_CYCLONEDX_JSON', 'accept'],
  'scorecard-invalid.json': ['OSSF_SCORECARD_JSON', 'refuse'],
  'scorecard-low.json': ['OSSF_SCORECARD_JSON', 'accept'],
  'scorecard-no-score.json': ['OSSF_SCORECARD_JSON', 'accept'],
  'tests.tar.gz': ['JUNIT_XML', 'refuse'],
  'tests.zip': ['JUNIT_XML', 'refuse'],
  // Only line breaks: trufflehog's way to say that it found nothing.
  'trufflehog-empty.json': ['TRUFFLEHOG_JSON', 'accept'],
  'trufflehog-missing-detector.json': ['TRUFFLEHOG_JSON', 'refuse'],
  'trufflehog-report.json': ['TRUFFLEHOG_JSON', 'accept'],
  'twistcli_scan.json': ['TWISTCLI_SCAN_JSON', 'accept'],
};

const CSAF: Readonly<Record<string, MaterialKind>> = {
  csaf_vex: 'CSAF_VEX',
  csaf_security_advisory: 'CSAF_SECURITY_ADVISORY',
};

/** Processor time, which other work on the machine stretches little. */
function cpuMs(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

function verdict(kind: MaterialKind, bytes: Uint8Array): string {
  try {
    validateMaterial(kind, bytes, { filename: 'file' });
    return 'accept';
  } catch (error) {
    if (isCoded(error, 'material_kind_unsupported')) return 'unsupported';
    if (isCoded(error, 'material_invalid', 'material_empty')) return 'refuse';
    throw error;
  }
}

describe('validateMaterial on the published vectors', { skip }, () => {
  const files = skip ? [] : readdirSync(vectors, { withFileTypes: true }).filter((entry) => entry.isFile());

  it('knows the intended verdict of every file', () => {
    assert.deepEqual(
      files.map((entry) => entry.name).filter((name) => !Object.hasOwn(VECTORS, name)),
      [],
    );
  });

  for (const [name, [kind, expected]] of Object.entries(VECTORS)) {
    it(`${expected}s ${name} as ${kind}`, () => {
      assert.equal(verdict(kind, readFileSync(path.join(vectors, name))), expected);
    });
  }

  it('reads the main component and the tools of an SBOM', () => {
    const bytes = readFileSync(path.join(vectors, 'sbom.cyclonedx-1.5.json'));
    const facts = validateMaterial('SBOM_CYCLONEDX_JSON', bytes);
    assert.equal(facts.tools[0]?.name, 'syft');
    assert.ok(facts.mainComponent?.name);
    assert.equal(facts.annotations['main_component.name'], facts.mainComponent.name);
    const spdx = validateMaterial(
      'SBOM_SPDX_JSON',
      readFileSync(path.join(vectors, 'sbom-spdx-container.json')),
    );
    assert.equal(spdx.mainComponent?.type, 'container');
    assert.deepEqual(spdx.tools, [{ name: 'trivy', version: '0.50.0' }]);
  });
});

describe('validateMaterial on real documents', { skip }, () => {
  const counts = skip
    ? []
    : readFileSync(path.join(evidence, 'counts.tsv'), 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => line.split('\t'));
  const header = counts[0] ?? [];
  const column = (row: readonly string[], name: string) => row[header.indexOf(name)] ?? '';

  it('accepts every real SBOM, SARIF and VEX, and counts what a separate reader counts', () => {
    let seen = 0;
    for (const row of counts.slice(1)) {
      const file = row[0] ?? '';
      if (!file.endsWith('.json') || !existsSync(path.join(evidence, file))) continue;
      const bytes = () => readFileSync(path.join(evidence, file));
      const format = column(row, 'format');
      const check = (kind: MaterialKind, key: string, from: string) => {
        seen++;
        assert.equal(detectKind(bytes(), file), kind, file);
        const facts = validateMaterial(kind, bytes(), { filename: file });
        assert.equal(String(facts.counts[key] ?? ''), column(row, from), `${file}: ${from}`);
      };
      if (format === 'CycloneDX') check('SBOM_CYCLONEDX_JSON', 'components', 'packages');
      else if (format === 'SPDX' && column(row, 'version').startsWith('SPDX-2'))
        check('SBOM_SPDX_JSON', 'packages', 'packages');
      else if (format === 'SARIF') check('SARIF', 'findings', 'findings');
      else if (format === 'OpenVEX') check('OPENVEX', 'statements', 'statements');
      else if (format === 'CSAF')
        check(CSAF[column(row, 'category')] ?? 'ARTIFACT', 'vulnerabilities', 'vulnerabilities');
    }
    assert.ok(seen >= 120, `only ${seen} documents were checked`);
  });
});

describe('validateMaterial', () => {
  const manifest = utf8(
    JSON.stringify({
      schemaVersion: 2,
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: `sha256:${'0'.repeat(64)}`,
        size: 2,
      },
      layers: [],
    }),
  );

  it('names the file, what was expected, what was found and what to do', () => {
    assert.throws(
      () => validateMaterial('SBOM_CYCLONEDX_JSON', utf8('{"bomFormat":"SPDX"}'), { filename: 'sbom.json' }),
      (error: unknown) =>
        isCoded(error, 'material_invalid') &&
        error.message.startsWith(
          'sbom.json is not a valid SBOM_CYCLONEDX_JSON: expected "bomFormat": "CycloneDX", found "SPDX". Write',
        ),
    );
  });

  it('refuses an empty file of any supported kind', () => {
    for (const kind of SUPPORTED_KINDS) {
      assert.throws(() => validateMaterial(kind, new Uint8Array()), { code: 'material_empty' });
    }
  });

  it('takes no kind unchecked', () => {
    assert.throws(() => validateMaterial('HELM_CHART', utf8('x')), { code: 'material_kind_unsupported' });
  });

  it('binds an image to the digest of its reference', () => {
    const reference = `registry.example:5000/team/app:1.2@${digestOf(manifest)}`;
    const facts = validateMaterial('CONTAINER_IMAGE', manifest, { reference });
    assert.equal(facts.annotations['image.tag'], '1.2');
    for (const wrong of [
      undefined,
      'registry.example/team/app:1.2',
      `registry.example/team/app@sha256:${'a'.repeat(64)}`,
      `../../etc@${digestOf(manifest)}`,
      `registry.example/../app@${digestOf(manifest)}`,
    ]) {
      const options = wrong === undefined ? {} : { reference: wrong };
      assert.throws(() => validateMaterial('CONTAINER_IMAGE', manifest, options), {
        code: 'material_invalid',
      });
    }
  });

  it('reads the reports of node:test, with and without suites', () => {
    const bare =
      '<?xml version="1.0"?><testsuites><testcase name="a"/><testcase name="b"><failure/></testcase></testsuites>';
    assert.deepEqual(validateMaterial('JUNIT_XML', utf8(bare)).counts, {
      suites: 0,
      tests: 2,
      failures: 1,
      errors: 0,
      skipped: 0,
    });
    const nested =
      '<testsuites><testsuite><testsuite><testcase><skipped/></testcase></testsuite></testsuite></testsuites>';
    assert.equal(validateMaterial('JUNIT_XML', utf8(nested)).counts['suites'], 2);
    assert.throws(() => validateMaterial('JUNIT_XML', utf8('<testsuites/>')), { code: 'material_invalid' });
  });

  it('expands no entity and reads no DOCTYPE declarations', () => {
    const lol =
      '<!DOCTYPE t [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>';
    assert.throws(() => validateMaterial('JUNIT_XML', utf8(lol)), { code: 'material_invalid' });
    const late =
      '<testsuite><!DOCTYPE t [<!ENTITY a SYSTEM "file:///etc/passwd">]><testcase name="&a;"/></testsuite>';
    assert.notEqual(verdict('JUNIT_XML', utf8(late)), 'unsupported');
    const text =
      '<testsuite><testcase><system-out><![CDATA[<!DOCTYPE html [ ]>]]></system-out></testcase></testsuite>';
    assert.equal(verdict('JUNIT_XML', utf8(text)), 'accept');
  });

  it('refuses XML with more parts than a report has, wherever they hide', () => {
    const report = (inside: string) => utf8(`<testsuite><testcase/>${inside}</testsuite>`);
    const attributes = Array.from({ length: 1001 }, (_, i) => `x${i}=">"`).join(' ');
    const attack = [`<a ${attributes}/>`, `<!-- <a " -->${'<b/>'.repeat(1_000_000)}<!-- " -->`];
    for (const inside of attack) {
      assert.throws(() => validateMaterial('JUNIT_XML', report(inside)), /limit is 1000|more than 1000000/);
    }
    const text = `<![CDATA[${'<b c="">'.repeat(1_000_000)}]]>`;
    assert.equal(verdict('JUNIT_XML', report(text)), 'accept');
  });

  it('takes linear time on 20,000 components, nested or flat', () => {
    const flat = {
      components: Array.from({ length: 20_000 }, (_, i) => ({ type: 'library', name: `c${i}` })),
    };
    const bytes = utf8(JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, ...flat }));
    const spentMs = cpuMs(() => {
      assert.equal(validateMaterial('SBOM_CYCLONEDX_JSON', bytes).counts['components'], 20_000);
    });
    assert.ok(spentMs < 1500, `took ${spentMs} ms`);
  });

  it('takes linear time on hostile XML', () => {
    const spentMs = cpuMs(() => {
      for (const part of [
        '<a ',
        '<!--',
        '<![CDATA[',
        '<a b="',
        '<?x ',
        '<a>',
        '&lt;',
        '<!DOCTYPE ',
        '</a>',
        '<a/>',
      ]) {
        verdict('JUNIT_XML', utf8(part.repeat(100_000)));
        verdict('JUNIT_XML', utf8(`<testsuite>${part.repeat(100_000)}`));
      }
    });
    assert.ok(spentMs < 6000, `took ${spentMs} ms`);
  });

  it('answers any bytes with facts or a material_ error', () => {
    const supported = fc.constantFrom(...SUPPORTED_KINDS);
    const text = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json({ maxDepth: 4 }).map(utf8),
      documents.map((document) => utf8(JSON.stringify(document))),
      fc
        .array(
          fc.constantFrom(
            '<testsuite>',
            '</testsuite>',
            '<testcase',
            ' a="b"',
            '/>',
            '<!--',
            ']]>',
            '&x;',
            '<',
          ),
        )
        .map((parts) => utf8(parts.join(''))),
    );
    fc.assert(
      fc.property(supported, text, fc.option(fc.string(), { nil: undefined }), (kind, bytes, reference) => {
        try {
          validateMaterial(kind, bytes, reference === undefined ? {} : { reference });
        } catch (error) {
          assert.ok(error instanceof CodedError && error.code.startsWith('material_'), String(error));
        }
        detectKind(bytes, 'x.jsonl');
      }),
      { numRuns: 2000 },
    );
  });
});

/** Documents near to valid ones: right keys, any values. */
const documents = fc.dictionary(
  fc.constantFrom(
    'bomFormat',
    'specVersion',
    'version',
    'components',
    'metadata',
    'tools',
    'runs',
    'tool',
    '@context',
    '@id',
    'statements',
    'document',
    'tracking',
    'spdxVersion',
    'SPDXID',
    'packages',
    'creationInfo',
    'scan',
    'results',
    'scorecard',
    'schemaVersion',
    'config',
    'layers',
    'manifests',
    'id',
    'data',
    'name',
    'vulnerabilities',
  ),
  fc.oneof(
    fc.constantFrom(
      'CycloneDX',
      '1.5',
      '2.1.0',
      'SPDX-2.3',
      'SPDXRef-DOCUMENT',
      'https://openvex.dev/ns/v0.2.0',
      2,
      1,
      null,
    ),
    fc.jsonValue({ maxDepth: 2 }),
    fc.constant([{ name: 1 }]),
  ),
);

describe('parseKind', () => {
  it('knows all 42 kinds by name and number', () => {
    assert.equal(MATERIAL_KINDS.length, 42);
    for (const kind of MATERIAL_KINDS) {
      assert.equal(parseKind(kind), kind);
      assert.equal(materialKindOf(MATERIAL_KIND_NUMBERS[kind]), kind);
    }
    assert.deepEqual(
      Object.values(MATERIAL_KIND_NUMBERS).toSorted((a, b) => a - b),
      Array.from({ length: 42 }, (_, index) => index + 1),
    );
  });

  it('suggests the kind that was meant', () => {
    for (const [text, meant] of [
      ['SBOM_CYCLONEDX', 'SBOM_CYCLONEDX_JSON'],
      ['sarif', 'SARIF'],
      ['JUNIT', 'JUNIT_XML'],
      ['CONTAINER-IMAGE', 'CONTAINER_IMAGE'],
    ] as const) {
      assert.throws(
        () => parseKind(text),
        (error: unknown) => isCoded(error) && error.detail['suggestion'] === meant,
      );
    }
  });

  it('names a letter of another alphabet', () => {
    assert.throws(() => parseKind('СONTAINER_IMAGE'), /U\+0421.*did you mean CONTAINER_IMAGE/s);
  });
});

describe('detectKind', { skip }, () => {
  it('recognises what it supports, and calls the rest an artifact', () => {
    const explicit: readonly string[] = ['EVIDENCE', 'CHECKMARX_JSON', 'STRING'];
    for (const [name, [kind, expected]] of Object.entries(VECTORS)) {
      if (
        expected !== 'accept' ||
        ['empty_array.json', 'trufflehog-empty.json', 'attestation-dsse.json'].includes(name)
      )
        continue;
      const detected = detectKind(readFileSync(path.join(vectors, name)), name);
      assert.equal(detected, explicit.includes(kind) ? 'ARTIFACT' : kind, name);
    }
  });
});
