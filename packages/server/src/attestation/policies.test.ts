/** Policies of a contract, judged by the server from what was pushed. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Receipt } from '@waybill/api';
import { parseBundle } from '@waybill/core/bundle';
import { canonicalJson, utf8 } from '@waybill/core/bytes';
import { digestOf } from '@waybill/core/digest';
import { parseRunPredicate, parseStatement } from '@waybill/core/intoto';
import { startAttester, stringMaterial, type TestWorld, testWorld } from '@waybill/testkit';

const PROGRAM = utf8('a program');
const REPORT = utf8('<testsuite name="s"><testcase name="t"><failure message="m"/></testcase></testsuite>');
const sbomWith = (licence: string): Uint8Array =>
  utf8(
    JSON.stringify({
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      version: 1,
      components: [{ type: 'library', name: 'left', version: '1', licenses: [{ license: { id: licence } }] }],
      waybill: { signer: 'faked' },
    }),
  );

/** As Chainloop's users write them: `violations` alone, with arguments. */
const LICENCES = `package main
import rego.v1
violations contains msg if {
  some component in input.components
  some entry in component.licenses
  entry.license.id in input.args.banned
  msg := sprintf("%v has the licence %v", [component.name, entry.license.id])
}`;
const SIGNED_BY_US = `package main
result := {"skipped": false, "violations": violations}
violations contains sprintf("signed by %v", [input.waybill.signer.subject]) if not endswith(input.waybill.signer.subject, "/default/p/signed")
violations contains "no statement" if input.predicate.run.project != "p"`;
const TESTS = `package main
deny contains {"msg": sprintf("%v: %v", [test.name, test.message])} if {
  some suite in input.elements
  some test in suite.tests
  test.status != "passed"
}`;
const SLOW = `package main
violations contains x if {
  some a in numbers.range(1, 100000)
  some b in numbers.range(1, 100000)
  a * b == -1
  x := "never"
}`;
/** Gigabytes of text within a second: V8 gives up, which no thread of its process outlives. */
const GREEDY = `package main
violations contains "never" if {
  s0 := "aaaaaaaa"
  ${Array.from({ length: 18 }, (_value, n) => `s${n + 1} := concat("", [s${n}, s${n}])`).join('\n  ')}
  kept := [concat("é→", [s18, format_int(i, 10)]) | some i in numbers.range(1, 1000)]
  count(kept) == 0
}`;

interface Attached {
  readonly name: string;
  readonly source: string;
  readonly kind?: string;
  readonly rest?: Readonly<Record<string, unknown>>;
}

const attachment = ({ name, source, kind, rest = {} }: Attached): unknown => ({
  embedded: {
    apiVersion: 'chainloop.dev/v1',
    kind: 'Policy',
    metadata: { name },
    spec: { policies: [{ embedded: source, ...(kind === undefined ? {} : { kind }) }] },
  },
  ...rest,
});

/** What a verdict says of a policy whatever the outcome; its document and the material are found by digest. */
async function judged(receipt: Receipt, material: string, attached: Attached): Promise<object> {
  const { content } = parseBundle(await world.owner.downloadBundle(receipt.runId));
  assert.ok(content.type === 'dsse');
  const { materials } = parseRunPredicate(parseStatement(content.envelope.payload).claimed.predicate);
  const { embedded } = attachment(attached) as { readonly embedded: unknown };
  return {
    name: attached.name,
    digest: digestOf(utf8(canonicalJson(embedded))),
    material,
    materialDigest: materials.find(({ name }) => name === material)?.digest,
  };
}

/** The predicate of the signed verdict. */
async function verdictOf(receipt: Receipt): Promise<Readonly<Record<string, unknown>>> {
  const { content } = parseBundle(await world.owner.downloadVerdict(receipt.runId));
  assert.ok(content.type === 'dsse');
  return parseStatement(content.envelope.payload).claimed.predicate as Readonly<Record<string, unknown>>;
}

let world: TestWorld;
before(async () => {
  world = await testWorld();
});
after(() => world.close());

/** Pushes a whole run under a contract with these policies. */
async function push(
  workflow: string,
  policies: { readonly materials?: readonly Attached[]; readonly attestation?: readonly Attached[] },
  sbom: Uint8Array = sbomWith('GPL-3.0-only'),
): Promise<Receipt> {
  const document = JSON.stringify({
    apiVersion: 'chainloop.dev/v1',
    kind: 'Contract',
    metadata: { name: workflow },
    spec: {
      materials: [
        { type: 'ARTIFACT', name: 'program', output: true },
        { type: 'SBOM_CYCLONEDX_JSON', name: 'sbom' },
        { type: 'JUNIT_XML', name: 'tests' },
        { type: 'STRING', name: 'version' },
      ],
      policies: {
        materials: (policies.materials ?? []).map(attachment),
        attestation: (policies.attestation ?? []).map(attachment),
      },
    },
  });
  const { warnings } = await world.owner.applyContract({ document });
  assert.deepEqual(warnings, []);
  await world.owner.createWorkflow({ project: 'p', name: workflow, contract: workflow });
  const attester = await startAttester({
    client: world.owner,
    token: world.ownerToken,
    project: 'p',
    workflow,
  });
  const bundle = await attester.sign(
    attester.predicate([
      await attester.record('program', 'ARTIFACT', PROGRAM, true),
      await attester.record('sbom', 'SBOM_CYCLONEDX_JSON', sbom),
      await attester.record('tests', 'JUNIT_XML', REPORT),
      stringMaterial('version', '1'),
    ]),
  );
  return world.owner.pushAttestation(attester.run.id, bundle);
}

const licences = (rest: Readonly<Record<string, unknown>> = {}): Attached => ({
  name: 'licences',
  source: LICENCES,
  kind: 'SBOM_CYCLONEDX_JSON',
  rest: { with: { banned: 'GPL-3.0-only, AGPL-3.0-only' }, ...rest },
});

describe('accept: the policies of the contract', () => {
  it('that hold: PASSED', async () => {
    const receipt = await push('holds', { materials: [licences()] }, sbomWith('MIT'));
    assert.deepEqual(receipt.findings, []);
    assert.equal(receipt.result, 'PASSED');
    const policies = [{ ...(await judged(receipt, 'sbom', licences())), outcome: 'holds' }];
    assert.deepEqual(receipt.policies, policies);
    assert.deepEqual((await verdictOf(receipt))['waybill_policies'], policies);
    assert.deepEqual((await world.owner.describeRun(receipt.runId)).receipt?.policies, policies);
  });

  it('one that fails says why, in the receipt and in the signed verdict', async () => {
    const receipt = await push('fails', { materials: [licences()] });
    const finding = {
      step: 'policies',
      material: 'sbom',
      code: 'policy_violation',
      message: 'policy licences: left has the licence GPL-3.0-only',
    };
    assert.equal(receipt.result, 'FAILED');
    assert.deepEqual(receipt.findings, [finding]);
    const { waybill_findings, waybill_policies } = await verdictOf(receipt);
    assert.deepEqual(waybill_findings, [finding]);
    assert.deepEqual(waybill_policies, [
      { ...(await judged(receipt, 'sbom', licences())), outcome: 'fails' },
    ]);
  });

  it('one out of time is undetermined, is named, and blocks', async () => {
    const slow = { name: 'slow', source: SLOW, kind: 'SBOM_CYCLONEDX_JSON' };
    const receipt = await push('slow', { materials: [licences(), slow] }, sbomWith('MIT'));
    assert.equal(receipt.result, 'FAILED');
    assert.equal(receipt.findings.length, 1);
    const [finding] = receipt.findings;
    assert.equal(finding?.code, 'policy_undetermined');
    assert.match(finding?.message ?? '', /^policy slow: undetermined \(deadline\): .*deadline/);
    assert.deepEqual(
      receipt.policies?.map(({ name, outcome, cause }) => [name, outcome, cause]),
      [
        ['licences', 'holds', undefined],
        ['slow', 'undetermined', 'deadline'],
      ],
    );
  });

  it('one that ends its process is undetermined, and other runs go on', async () => {
    const [greedy, other] = await Promise.all([
      push(
        'greedy',
        { materials: [{ name: 'greedy', source: GREEDY, kind: 'SBOM_CYCLONEDX_JSON' }] },
        sbomWith('MIT'),
      ),
      push('beside', { materials: [licences()] }, sbomWith('MIT')),
    ]);
    assert.equal(other.result, 'PASSED');
    assert.equal(greedy.result, 'FAILED');
    assert.deepEqual(
      greedy.findings.map(({ code, material }) => [code, material]),
      [['policy_undetermined', 'sbom']],
    );
    // On a slow machine the deadline may come before the end of the memory.
    assert.match(greedy.findings[0]?.message ?? '', /^policy greedy: undetermined \((?:error|deadline)\): /);
  });

  it('one that cannot be compiled, one with a failing built-in, one that could never fail', async () => {
    const receipt = await push('wrong', {
      attestation: [
        { name: 'broken', source: 'package main\nviolations contains x if {' },
        { name: 'divides', source: 'package main\nviolations contains x if { x := 1 / 0 }' },
        { name: 'empty', source: 'package main' },
        {
          name: 'network',
          source: 'package main\nviolations contains x if { x := chainloop.discover("a", "") }',
        },
      ],
    });
    assert.deepEqual(
      receipt.findings.map(({ code, message }) => [
        code,
        /^policy (\w+): undetermined \(error\)/.exec(message)?.[1],
      ]),
      ['broken', 'divides', 'empty', 'network'].map((name) => ['policy_undetermined', name]),
    );
  });

  it('with gate: false tells and blocks nothing', async () => {
    const receipt = await push('advisory', { materials: [licences({ gate: false })] });
    assert.equal(receipt.result, 'PASSED');
    assert.deepEqual(
      receipt.findings.map(({ code, advisory }) => [code, advisory]),
      [['policy_violation', true]],
    );
    assert.deepEqual(
      receipt.policies?.map(({ outcome, advisory }) => [outcome, advisory]),
      [['fails', true]],
    );
  });

  it('sees who signed from the server, not from the evidence, and tests one by one', async () => {
    const receipt = await push('signed', {
      attestation: [{ name: 'signer', source: SIGNED_BY_US }],
      materials: [
        {
          name: 'faked',
          source: 'package main\nviolations contains "believed" if input.waybill.signer == "faked"',
          kind: 'SBOM_CYCLONEDX_JSON',
        },
        { name: 'tests', source: TESTS, kind: 'JUNIT_XML' },
      ],
    });
    assert.deepEqual(
      receipt.findings.map(({ message }) => message),
      ['policy tests: t: m'],
    );
  });

  it('one that skips is told and blocks nothing', async () => {
    const source =
      'package main\nvalid_input if input.nothing\ndefault valid_input := false\nviolations := []';
    const receipt = await push('skips', {
      materials: [{ name: 'skips', source, kind: 'SBOM_CYCLONEDX_JSON' }],
    });
    assert.equal(receipt.result, 'PASSED');
    assert.deepEqual(receipt.findings, [
      {
        step: 'policies',
        material: 'sbom',
        advisory: true,
        code: 'policy_not_applicable',
        message: 'policy skips: not applicable, as the file content is not recognized',
      },
    ]);
    assert.deepEqual(
      receipt.policies?.map(({ outcome, reason }) => [outcome, reason]),
      [['not applicable', 'the file content is not recognized']],
    );
  });
});
