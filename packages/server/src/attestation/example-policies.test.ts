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
    for (const message of verdict.messages) assert.match(message, / has the licence ISC$/);
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
      messages: ['b 2 has the licence gpl-3.0-only'],
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
