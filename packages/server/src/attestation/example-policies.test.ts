/** The policies in examples/policies, over real evidence. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { type Json, utf8 } from '@waybill/core/bytes';
import { judge, type PolicyFacts, type PolicyVerdict, readPolicy } from '@waybill/core/policy';
import { REGO } from '@waybill/rego/policy-node';
import { sharedPath } from '@waybill/testkit';
import { parse } from 'yaml';

const EXAMPLES = resolve(import.meta.dirname, '../../../../examples/policies');
const sboms = sharedPath('evidence', 'sbom', 'cyclonedx-examples');
const reports = sharedPath('evidence', 'vex-sarif');
const provenance = sharedPath('evidence', 'slsa', 'gha_maven', 'v2.1.0');

function ask(name: string, facts: Pick<PolicyFacts, 'evidence'> & Partial<PolicyFacts>): PolicyVerdict {
  const document = parse(readFileSync(join(EXAMPLES, `${name}.yaml`), 'utf8')) as Json;
  const rest = {
    arguments: {},
    context: {},
    nowNs: 0n,
    limits: { deadlineMs: 10_000, maxSteps: 100_000_000 },
  };
  return judge(readPolicy(document), { ...rest, ...facts }, { rego: REGO });
}

describe('no-banned-licence', () => {
  const about = (file: string, banned: string): PolicyVerdict => {
    assert.ok(sboms.path !== null);
    const bytes = readFileSync(join(sboms.path, file));
    return ask('no-banned-licence', {
      evidence: { kind: 'SBOM_CYCLONEDX_JSON', bytes },
      arguments: { banned },
    });
  };

  it('holds for an SBOM without them, and names components with them', { skip: sboms.skip }, () => {
    const file = 'SBOM__juice-shop__v11.1.2__bom.json';
    assert.deepEqual(about(file, 'SSPL-1.0'), { outcome: 'holds' });
    const verdict = about(file, 'SSPL-1.0, ISC');
    assert.ok(verdict.outcome === 'fails');
    for (const message of verdict.messages)
      assert.match(message, / has the banned licence ISC: take another one$/);
    const text = readFileSync(join(sboms.path ?? '', file), 'utf8');
    assert.ok(text.includes('"ISC"') && verdict.messages.length > 10);
  });

  it('reads expressions and nested components', () => {
    const sbom = {
      components: [
        {
          name: 'a',
          components: [{ name: 'b', version: '2', licenses: [{ expression: '(MIT OR gpl-3.0-only)' }] }],
        },
      ],
    };
    const evidence = { kind: 'SBOM_CYCLONEDX_JSON', bytes: utf8(JSON.stringify(sbom)) } as const;
    assert.deepEqual(ask('no-banned-licence', { evidence, arguments: { banned: 'GPL-3.0-only' } }), {
      outcome: 'fails',
      messages: ['b 2 has the banned licence gpl-3.0-only: take another one'],
    });
  });
});

describe('sbom-about-artifact', () => {
  const images = sharedPath('evidence', 'sbom', 'guac-data');
  const FILE = 'docs__cyclonedx__syft-cyclonedx-docker.io-library-redis.latest.json';

  it('holds for what the SBOM describes, and for nothing else', { skip: images.skip }, () => {
    const bytes = readFileSync(join(images.path ?? '', FILE));
    const { metadata } = JSON.parse(bytes.toString()) as { metadata: { component: { version: string } } };
    const sha256 = metadata.component.version.replace('sha256:', '');
    const about = (digest: string): string =>
      ask('sbom-about-artifact', {
        evidence: { kind: 'SBOM_CYCLONEDX_JSON', bytes },
        context: { waybill: { subjects: [{ name: 'image', digest: { sha256: digest } }] } },
      }).outcome;
    assert.match(sha256, /^[0-9a-f]{64}$/);
    assert.equal(about(sha256), 'holds');
    assert.equal(about('0'.repeat(64)), 'fails');
  });

  it('fails for an SBOM that says of nothing what it describes', () => {
    const evidence = { kind: 'SBOM_CYCLONEDX_JSON', bytes: utf8('{"components":[{"name":"a"}]}') } as const;
    const context = { waybill: { subjects: [{ name: 'a', digest: { sha256: '' } }] } };
    assert.equal(ask('sbom-about-artifact', { evidence, context }).outcome, 'fails');
  });
});

describe('tests-passed', () => {
  const about = (cases: string): PolicyVerdict =>
    ask('tests-passed', {
      evidence: {
        kind: 'JUNIT_XML',
        bytes: utf8(
          `<testsuites><testsuite name="s"><testsuite name="t">${cases}</testsuite></testsuite></testsuites>`,
        ),
      },
    });

  it('holds, names what failed, and wants tests that ran', () => {
    assert.deepEqual(about('<testcase name="a"/>'), { outcome: 'holds' });
    assert.deepEqual(about('<testcase name="a"/><testcase name="b"><failure message="1 != 2"/></testcase>'), {
      outcome: 'fails',
      messages: ['b: failed 1 != 2'],
    });
    const none = { outcome: 'fails', messages: ['no test ran'] };
    assert.deepEqual(about(''), none);
    assert.deepEqual(about('<testcase name="a"><skipped/></testcase>'), none);
  });
});

describe('signer-expected', () => {
  const about = (signer: Json): PolicyVerdict =>
    ask('signer-expected', {
      evidence: { kind: 'ATTESTATION', bytes: utf8('{"waybill":{"signer":{"issuer":"i","subject":"s"}}}') },
      arguments: { issuer: 'i', subject: 's' },
      context: { waybill: { signer } },
    });

  it('holds for the one identity alone', () => {
    assert.deepEqual(about({ type: 'certificate', issuer: 'i', subject: 's' }), { outcome: 'holds' });
    assert.equal(about({ type: 'certificate', issuer: 'i', subject: 'other' }).outcome, 'fails');
    assert.equal(about({ type: 'key', name: 's', fingerprint: 'f' }).outcome, 'fails');
  });
});

describe('no-old-critical-vulnerability', () => {
  const NOW = '2026-01-31T00:00:00Z';
  const about = (kind: 'SBOM_CYCLONEDX_JSON' | 'SARIF', bytes: Uint8Array, days = '30'): PolicyVerdict =>
    ask('no-old-critical-vulnerability', {
      evidence: { kind, bytes },
      arguments: { days },
      nowNs: BigInt(Date.parse(NOW)) * 1_000_000n,
    });
  const listed = (...vulnerabilities: Json[]): PolicyVerdict =>
    about('SBOM_CYCLONEDX_JSON', utf8(JSON.stringify({ vulnerabilities })));
  const critical = { id: 'CVE-1', ratings: [{ severity: 'critical' }] };
  const fails = (message: string): PolicyVerdict => ({ outcome: 'fails', messages: [message] });

  it('holds for young critical ones, closed ones, and old ones that are less', () => {
    for (const one of [
      { ...critical, published: '2026-01-02T00:00:00Z' },
      { ...critical, analysis: { state: 'not_affected' } },
      { id: 'CVE-2', ratings: [{ severity: 'high', score: 8.9 }], published: '2020-01-01T00:00:00Z' },
    ]) {
      assert.deepEqual(listed(one), { outcome: 'holds' });
    }
    assert.deepEqual(listed(), { outcome: 'holds' });
  });

  it('fails for one that is public for too long, by word or by score', () => {
    const published = '2025-12-31T00:00:00Z';
    const message = `CVE-1 is critical and has been public since ${published}, more than 30 days`;
    assert.deepEqual(listed({ ...critical, published }), fails(message));
    assert.deepEqual(listed({ id: 'CVE-1', ratings: [{ score: 9.8 }], published }), fails(message));
    assert.deepEqual(listed({ ...critical, published, analysis: { state: 'in_triage' } }), fails(message));
  });

  it('never holds for what the report does not say', () => {
    assert.deepEqual(
      listed(critical),
      fails('CVE-1 is critical, and the document does not say since when it is public'),
    );
    assert.deepEqual(listed({ id: 'CVE-1' }), fails('CVE-1 has no severity that is known'));
    assert.deepEqual(
      listed({ ...critical, published: '2099-01-01T00:00:00Z' }),
      fails('CVE-1 is critical and is said to become public on 2099-01-01T00:00:00Z'),
    );
    assert.equal(listed({ ...critical, published: 'yesterday' }).outcome, 'undetermined');
    assert.equal(about('SBOM_CYCLONEDX_JSON', utf8('{"components":[]}')).outcome, 'fails');
    assert.equal(about('SBOM_CYCLONEDX_JSON', utf8('{"vulnerabilities":[]}'), 'many').outcome, 'holds');
    assert.equal(
      about('SBOM_CYCLONEDX_JSON', utf8(JSON.stringify({ vulnerabilities: [critical] })), '').outcome,
      'undetermined',
    );
  });

  it('judges published documents', { skip: sboms.skip }, () => {
    const read = (file: string) => readFileSync(join(sboms.path ?? '', file));
    // Of 2020, high, not affected.
    assert.equal(about('SBOM_CYCLONEDX_JSON', read('VEX__vex.json')).outcome, 'holds');
    const inTriage = about('SBOM_CYCLONEDX_JSON', read('VEX__CISA-Use-Cases__Case-5__vex.json'));
    assert.ok(inTriage.outcome === 'fails');
    assert.match(inTriage.messages.join(), /^CVE-2021-44228 is critical, and the document does not say/);
    const plain = about('SBOM_CYCLONEDX_JSON', read('SBOM__juice-shop__v11.1.2__bom.json'));
    assert.equal(plain.outcome, 'fails');
  });

  it('judges a report of trivy in SARIF by its scores', { skip: reports.skip }, () => {
    const report = readFileSync(join(reports.path ?? '', 'sarif__nginx-trivy.sarif.json'), 'utf8');
    assert.deepEqual(about('SARIF', utf8(report)), { outcome: 'holds' });
    const verdict = about(
      'SARIF',
      utf8(report.replaceAll('"security-severity": "8.8"', '"security-severity": "9.8"')),
    );
    assert.ok(verdict.outcome === 'fails');
    assert.match(
      verdict.messages.join(),
      /^CVE-[\d-]+ is critical, and SARIF does not say since when it is public$/,
    );
    assert.equal(about('SARIF', utf8('{"runs":[]}')).outcome, 'fails');
    const unrated = { runs: [{ tool: { driver: { name: 'x' } }, results: [{ ruleId: 'r' }] }] };
    assert.deepEqual(about('SARIF', utf8(JSON.stringify(unrated))), fails('r has no severity that is known'));
  });
});

describe('builder-expected', () => {
  const builder =
    'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/builder_maven_slsa3.yml@refs/tags/v2.1.0';
  const sha256 = 'd8ad5a2a71ccf6999a2e9e2a8f126da165c3a10e562acb96d68e1f2759983b81';
  const envelope = (statement: Json): Uint8Array =>
    utf8(
      JSON.stringify({
        dsseEnvelope: { payload: Buffer.from(JSON.stringify(statement)).toString('base64') },
      }),
    );
  const judged = (bytes: Uint8Array, expected = builder, digests = [sha256]): PolicyVerdict =>
    ask('builder-expected', {
      evidence: { kind: 'SLSA_PROVENANCE', bytes },
      arguments: { builder: expected },
      context: {
        waybill: { subjects: digests.map((digest) => ({ name: 'x', digest: { sha256: digest } })) },
      },
    });
  const published = (): Uint8Array =>
    readFileSync(join(provenance.path ?? '', 'binary-linux-amd64-push-v14.2.build.slsa'));

  it('holds for what the expected builder built', { skip: provenance.skip }, () => {
    assert.deepEqual(judged(published()), { outcome: 'holds' });
  });

  it('fails for another builder, and for what it did not build', { skip: provenance.skip }, () => {
    for (const verdict of [
      judged(published(), `${builder}-dev`),
      judged(published(), builder, [sha256, '0'.repeat(64)]),
      judged(published(), builder, []),
    ]) {
      assert.ok(verdict.outcome === 'fails');
      assert.equal(verdict.messages.length, 1);
    }
  });

  it('never holds for a statement without a builder, and for none', () => {
    const subject = [{ name: 'x', digest: { sha256 } }];
    const older = { subject, predicate: { builder: { id: builder } } };
    assert.equal(judged(envelope(older)).outcome, 'fails');
    assert.equal(
      judged(envelope({ predicate: { runDetails: { builder: { id: builder } } } })).outcome,
      'fails',
    );
    for (const bytes of [utf8('{}'), envelope([])]) assert.notEqual(judged(bytes).outcome, 'holds');
  });
});
