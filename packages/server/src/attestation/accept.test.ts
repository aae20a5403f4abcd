/** What `accept()` must not believe. Each case is pushed past the command line, straight at the API. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { generateKeyPairSync } from 'node:crypto';
import { glob, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createClient } from '@waybill/api/client';
import { loadKey } from '@waybill/clients/keys';
import { signStatement } from '@waybill/clients/sigstore';
import { type CodedError, isCoded, Secret } from '@waybill/core';
import { formatBundle } from '@waybill/core/bundle';
import { utf8 } from '@waybill/core/bytes';
import { digestOf } from '@waybill/core/digest';
import {
  formatStatement,
  RUN_PREDICATE_TYPE,
  type RunMaterial,
  type RunPredicate,
  STATEMENT_TYPE_V1,
} from '@waybill/core/intoto';
import { type Attester, startAttester, stringMaterial, type TestWorld, testWorld } from '@waybill/testkit';
import fc from 'fast-check';

const PROGRAM = utf8('a program');
const SBOM = utf8('{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[]}');

let world: TestWorld;

before(async () => {
  world = await testWorld();
  const contract = (name: string, rest: string) =>
    `apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: ${name} }\nspec:\n  materials:\n` +
    '    - { type: ARTIFACT, name: program, output: true }\n' +
    `    - { type: SBOM_CYCLONEDX_JSON, name: sbom }\n${rest}`;
  const signers = (issuer: string, subject: string) =>
    `  signers: [{ issuer: "${issuer}", subject: "${subject}" }]\n`;
  await world.owner.applyContract({ document: contract('plain', '') });
  await world.owner.applyContract({ document: contract('keyed', signers('urn:waybill:key', 'release-key')) });
  await world.owner.applyContract({
    document: contract('policed', '  policies: { attestation: [{ ref: sbom-quality }] }\n'),
  });
  for (const name of ['plain', 'keyed', 'policed']) {
    await world.owner.createWorkflow({ project: 'p', name, contract: name });
  }
  await world.owner.createWorkflow({ project: 'p', name: 'other', contract: 'plain' });
});
after(() => world.close());

const open = (workflow = 'plain'): Promise<Attester> =>
  startAttester({ client: world.owner, token: world.ownerToken, project: 'p', workflow });

async function complete(attester: Attester): Promise<readonly RunMaterial[]> {
  return [
    await attester.record('program', 'ARTIFACT', PROGRAM, true),
    await attester.record('sbom', 'SBOM_CYCLONEDX_JSON', SBOM),
  ];
}

async function refusal(work: Promise<unknown>): Promise<CodedError> {
  try {
    await work;
  } catch (error) {
    if (isCoded(error)) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: 'it was accepted' });
}

/** A refused attestation leaves the run open, one audit row and nothing else. */
async function assertNothingLeft(attester: Attester, step: string): Promise<void> {
  const { id } = attester.run;
  assert.equal((await world.owner.describeRun(id)).state, 'INITIALIZED');
  assert.deepEqual(await world.rows('select 1 from attestation_attestations where run_id = $1', [id]), []);
  const audit = await world.rows<{ detail: { step: string } }>(
    `select detail from ground_audit where target = $1 and action = 'attestation.accept' and outcome = 'refused'`,
    [`run:${id}`],
  );
  assert.deepEqual(
    audit.map(({ detail }) => detail.step),
    [step],
  );
}

describe('accept: not by this caller, so refused with an audit row alone', () => {
  it('without a valid token', async () => {
    const attester = await open();
    for (const token of [undefined, 'wb_' + 'a'.repeat(43)]) {
      const stranger = createClient({ url: world.url, ...(token && { token: new Secret(token) }) });
      const error = await refusal(stranger.pushAttestation(attester.run.id, '{}'));
      assert.equal(error.code, 'identity_unauthenticated');
    }
    const rows = await world.rows<{ actor: string; org_id: null; detail: { step: string } }>(
      'select actor, org_id, detail from ground_audit where target = $1 and outcome = $2',
      [`run:${attester.run.id}`, 'refused'],
    );
    const detail = { step: 'authenticate', code: 'identity_unauthenticated' };
    assert.deepEqual(rows, [
      { actor: 'anonymous', org_id: null, detail },
      { actor: 'anonymous', org_id: null, detail },
    ]);
  });

  it('without a valid token for several runs in one call', async () => {
    const stranger = createClient({ url: world.url });
    const attestations = [{ runId: randomUUID(), bundle: '{}' }];
    const error = await refusal(stranger.pushAttestations({ attestations }));
    assert.equal(error.code, 'identity_unauthenticated');
    const rows = await world.rows(`select actor, outcome from ground_audit where target = 'run:several'`, []);
    assert.deepEqual(rows, [{ actor: 'anonymous', outcome: 'refused' }]);
  });

  it('and strangers cannot fill the database with rows', async () => {
    const before = await countStrangers();
    const stranger = createClient({ url: world.url });
    for (let pushes = 0; pushes < 70; pushes++) await refusal(stranger.pushAttestation(`x${pushes}`, '{}'));
    assert.ok((await countStrangers()) - before <= 60);
  });

  it('by a token that may only read', async () => {
    const attester = await open();
    const { secret } = await world.owner.createToken({ name: 'reader', role: 'viewer' });
    const reader = world.as(new Secret(secret));
    const bundle = await attester.sign(attester.predicate(await complete(attester)));
    assert.equal((await refusal(reader.pushAttestation(attester.run.id, bundle))).code, 'identity_forbidden');
    await assertNothingLeft(attester, 'authorize');
  });
});

async function countStrangers(): Promise<number> {
  return (await world.rows(`select 1 from ground_audit where actor = 'anonymous'`)).length;
}

interface MutableBundle {
  verificationMaterial: { timestampVerificationData?: unknown };
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string; keyid?: string }[] };
}

describe('accept: malformed or unproven, so refused with an audit row alone', () => {
  const change = (text: string, edit: (bundle: MutableBundle) => void): string => {
    const bundle = JSON.parse(text) as MutableBundle;
    edit(bundle);
    return JSON.stringify(bundle);
  };
  const statementWith = (edit: (statement: Record<string, unknown>) => void) => (text: string) =>
    change(text, (bundle) => {
      const statement = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString()) as Record<
        string,
        unknown
      >;
      edit(statement);
      bundle.dsseEnvelope.payload = Buffer.from(JSON.stringify(statement)).toString('base64');
    });
  const cases: readonly [name: string, edit: (bundle: string) => string, code: RegExp, step: string][] = [
    ['an empty file', () => '', /^json_invalid|bundle_invalid$/, 'parse'],
    ['something else than a bundle', () => '{"hello":"world"}', /^(bundle|shape)_/, 'parse'],
    [
      'no signature',
      (text) => change(text, (b) => b.dsseEnvelope.signatures.splice(0)),
      /^dsse_no_signature$/,
      'parse',
    ],
    [
      'two signatures',
      (text) => change(text, (b) => b.dsseEnvelope.signatures.push({ sig: 'AAAA' })),
      /^bundle_|^dsse_/,
      'parse',
    ],
    [
      'a signature that is not base64',
      (text) => change(text, (b) => Object.assign(b.dsseEnvelope.signatures[0] ?? {}, { sig: '%%%' })),
      /^dsse_not_base64$/,
      'parse',
    ],
    [
      "somebody else's signature",
      (text) =>
        change(text, (b) =>
          Object.assign(b.dsseEnvelope.signatures[0] ?? {}, { sig: Buffer.alloc(70, 1).toString('base64') }),
        ),
      /^verify_/,
      'signer',
    ],
    [
      'a payload changed after it was signed',
      statementWith((s) =>
        Object.assign(s, { predicate: { ...(s.predicate as object), annotations: { a: 'b' } } }),
      ),
      /^verify_signature$/,
      'signer',
    ],
    [
      'no timestamp, so that nobody vouches for the time',
      (text) => change(text, (b) => delete b.verificationMaterial.timestampVerificationData),
      /^verify_timestamp$/,
      'signer',
    ],
    [
      'a subject without a digest',
      statementWith((s) => Object.assign(s, { subject: [{ name: 'program', digest: {} }] })),
      /^intoto_subject_without_digest$/,
      'parse',
    ],
    [
      'another predicate type',
      statementWith((s) => Object.assign(s, { predicateType: 'https://slsa.dev/provenance/v1' })),
      /^attestation_not_run_statement$/,
      'parse',
    ],
    [
      'a path in place of a file name',
      statementWith(
        (s) =>
          (((s.predicate as { materials: object[] }).materials[0] as Record<string, string>)['filename'] =
            '../../etc/passwd'),
      ),
      /^run_predicate_invalid$/,
      'parse',
    ],
    [
      'text that no database can hold',
      statementWith((s) => Object.assign(s, { predicate: { ...(s.predicate as object), note: '\u0000' } })),
      /^intoto_invalid$/,
      'parse',
    ],
    [
      'a key that stands twice',
      (text) => text.replace('{"mediaType"', '{"mediaType":"x","mediaType"'),
      /^bundle_invalid$/,
      'parse',
    ],
  ];
  for (const [name, edit, code, step] of cases) {
    it(name, async () => {
      const attester = await open();
      const bundle = await attester.sign(attester.predicate(await complete(attester)));
      const error = await refusal(world.owner.pushAttestation(attester.run.id, edit(bundle)));
      assert.match(error.code, code);
      assert.equal(error.detail['step'], step);
      assert.match(error.message, /^refused at the step/);
      await assertNothingLeft(attester, step);
    });
  }

  it('any bytes at all', async () => {
    const attester = await open();
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => {
        const error = await refusal(world.owner.pushAttestation(attester.run.id, text));
        assert.ok((error.detail['status'] as number) < 500, error.message);
      }),
      { numRuns: 50 },
    );
  });
});

describe('accept: evidence of another run', () => {
  const bindings: readonly [field: string, edit: (predicate: RunPredicate) => RunPredicate][] = [
    ['run.id', (p) => ({ ...p, run: { ...p.run, id: '00000000-0000-4000-8000-000000000000' } })],
    ['run.organization', (p) => ({ ...p, run: { ...p.run, organization: 'other' } })],
    ['run.project', (p) => ({ ...p, run: { ...p.run, project: 'q' } })],
    ['run.workflow', (p) => ({ ...p, run: { ...p.run, workflow: 'other' } })],
    ['contract.name', (p) => ({ ...p, contract: { ...p.contract, name: 'lax' } })],
    ['contract.revision', (p) => ({ ...p, contract: { ...p.contract, revision: 7 } })],
    ['contract.digest', (p) => ({ ...p, contract: { ...p.contract, digest: digestOf(PROGRAM) } })],
  ];
  for (const [field, edit] of bindings) {
    it(`is refused by its ${field}`, async () => {
      const attester = await open();
      const bundle = await attester.sign(edit(attester.predicate(await complete(attester))));
      const error = await refusal(world.owner.pushAttestation(attester.run.id, bundle));
      assert.equal(error.code, 'attestation_wrong_run');
      assert.equal(error.detail['field'], field);
      await assertNothingLeft(attester, 'bind');
    });
  }

  it('a genuine attestation carried over to another run of the same workflow is refused', async () => {
    const [one, two] = [await open(), await open()];
    const bundle = await one.sign(one.predicate(await complete(one)));
    assert.equal(
      (await refusal(world.owner.pushAttestation(two.run.id, bundle))).code,
      'attestation_wrong_run',
    );
    assert.equal((await world.owner.pushAttestation(one.run.id, bundle)).result, 'PASSED');
  });
});

describe('accept: a run ends once', () => {
  it('the same push again gets the same answer, also when both come at once', async () => {
    const attester = await open();
    const bundle = await attester.sign(attester.predicate(await complete(attester)));
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => world.owner.pushAttestation(attester.run.id, bundle)),
    );
    answers.push(await world.owner.pushAttestation(attester.run.id, bundle));
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    assert.equal(
      (await world.rows('select 1 from attestation_verdicts where run_id = $1', [attester.run.id])).length,
      1,
    );
  });

  it('another payload for an ended run is refused, whatever the end', async () => {
    for (const end of ['PASSED', 'CANCELLED'] as const) {
      const attester = await open();
      const predicate = attester.predicate(await complete(attester));
      if (end === 'PASSED')
        await world.owner.pushAttestation(attester.run.id, await attester.sign(predicate));
      else await world.owner.cancelRun(attester.run.id, { reason: 'changed my mind' });
      const late = await attester.sign({ ...predicate, annotations: { late: 'yes' } });
      const error = await refusal(world.owner.pushAttestation(attester.run.id, late));
      assert.equal(error.code, 'attestation_run_ended');
      assert.equal((await world.owner.describeRun(attester.run.id)).state, end);
    }
  });
});

describe('accept: attestations of several runs in one call', () => {
  it('answers each by itself, in their order, and the same again', async () => {
    const [one, two, three] = await Promise.all([open(), open('other'), open()]);
    const bundleOf = async (attester: Attester): Promise<string> =>
      attester.sign(attester.predicate(await complete(attester)));
    const [first, second] = [await bundleOf(one), await bundleOf(two)];
    const attestations = [
      { runId: one.run.id, bundle: first },
      { runId: three.run.id, bundle: first },
      { runId: randomUUID(), bundle: second },
      { runId: three.run.id, bundle: '{' },
      { runId: two.run.id, bundle: second },
    ];
    const { results } = await world.owner.pushAttestations({ attestations });
    assert.deepEqual(
      results.map((result) => ('receipt' in result ? result.receipt.result : result.problem.code)),
      ['PASSED', 'attestation_wrong_run', 'attestation_run_not_found', 'bundle_invalid', 'PASSED'],
    );
    assert.deepEqual(
      results.map(({ runId }) => runId),
      attestations.map(({ runId }) => runId),
    );
    assert.equal((await world.owner.describeRun(three.run.id)).state, 'INITIALIZED');
    const again = await world.owner.pushAttestations({ attestations });
    assert.deepEqual(again.results[0], results[0]);
    assert.deepEqual(again.results[4], results[4]);
  });

  it('is for those who may attest each, and takes no more than one push may have', async () => {
    const attester = await open();
    const { secret } = await world.owner.createToken({ name: 'reader-of-many', role: 'viewer' });
    const reader = createClient({ url: world.url, token: new Secret(secret) });
    const attestations = [{ runId: attester.run.id, bundle: '{}' }];
    const { results } = await reader.pushAttestations({ attestations });
    assert.deepEqual(
      results.map((result) => 'problem' in result && [result.problem.code, result.problem.status]),
      [['identity_forbidden', 403]],
    );
    const many = {
      attestations: Array.from({ length: 65 }, () => attestations[0] as (typeof attestations)[0]),
    };
    assert.equal((await refusal(world.owner.pushAttestations(many))).code, 'request_invalid');
    const large = { attestations: [{ runId: attester.run.id, bundle: 'x'.repeat(24 * 1024 * 1024) }] };
    assert.equal((await refusal(world.owner.pushAttestations(large))).code, 'request_too_large');
  });
});

describe('accept: signed by somebody we know but not conforming, so kept as FAILED', () => {
  const cases: readonly [
    name: string,
    step: string,
    code: string,
    forge: (attester: Attester, materials: readonly RunMaterial[]) => Promise<RunPredicate> | RunPredicate,
  ][] = [
    [
      'a required material left out',
      'contract',
      'contract_material_missing',
      (a, [program]) => a.predicate(program ? [program] : []),
    ],
    [
      'bytes that were never uploaded',
      'materials',
      'material_not_in_store',
      (a, m) =>
        a.predicate(m.map((x) => (x.name === 'sbom' ? { ...x, digest: digestOf(utf8('never')) } : x))),
    ],
    [
      'a size that is not the size',
      'materials',
      'material_size_mismatch',
      (a, m) => a.predicate(m.map((x) => (x.name === 'program' ? { ...x, sizeBytes: 1 } : x))),
    ],
    [
      'an SBOM that is none',
      'materials',
      'material_invalid',
      async (a, [program]) =>
        a.predicate([program as RunMaterial, await a.record('sbom', 'SBOM_CYCLONEDX_JSON', utf8('[]'))]),
    ],
    [
      'a kind that nobody knows',
      'materials',
      'material_kind_unknown',
      (a, m) => a.predicate([...m, { ...(m[1] as RunMaterial), name: 'extra', kind: 'MAGIC' }]),
    ],
    [
      'an empty file',
      'materials',
      'material_empty',
      async (a, m) => a.predicate([...m, await a.record('empty', 'ARTIFACT', new Uint8Array())]),
    ],
    [
      'a kind other than the contract says',
      'contract',
      'contract_material_kind',
      (a, m) => a.predicate(m.map((x) => (x.name === 'sbom' ? { ...x, kind: 'ARTIFACT' } : x))),
    ],
    [
      'a value that does not have its digest',
      'materials',
      'material_digest_mismatch',
      (a, m) => a.predicate([...m, { ...stringMaterial('note', 'one'), value: 'two' }]),
    ],
    [
      'an image reference that is none',
      'materials',
      'oci_reference_invalid',
      (a, m) =>
        a.predicate([
          ...m,
          { ...stringMaterial('image', ''), kind: 'CONTAINER_IMAGE', reference: '../../etc', output: true },
        ]),
    ],
    [
      'an image of this registry that is not there',
      'materials',
      'material_not_in_store',
      (a, m) => {
        const reference = `${new URL(world.url).host}/default/p/image@${digestOf(PROGRAM)}`;
        const image = { name: 'image', kind: 'CONTAINER_IMAGE', digest: digestOf(PROGRAM), sizeBytes: 9 };
        return a.predicate([...m, { ...image, reference, output: false, annotations: {} }]);
      },
    ],
    [
      'an output that the contract does not name',
      'contract',
      'contract_material_output',
      (a, m) => a.predicate(m.map((x) => ({ ...x, output: true }))),
    ],
    [
      'a variable that is not allowed',
      'contract',
      'contract_environment',
      (a, m) => a.predicate(m, { environment: { AWS_SECRET_ACCESS_KEY: 'x' } }),
    ],
  ];
  for (const [name, step, code, forge] of cases) {
    it(name, async () => {
      const attester = await open();
      const predicate = await forge(attester, await complete(attester));
      const receipt = await world.owner.pushAttestation(attester.run.id, await attester.sign(predicate));
      assert.equal(receipt.result, 'FAILED');
      assert.ok(
        receipt.findings.some((finding) => finding.step === step && finding.code === code),
        JSON.stringify(receipt.findings),
      );
      assert.equal((await world.owner.describeRun(attester.run.id)).state, 'FAILED');
      assert.match(await world.owner.downloadVerdict(attester.run.id), /dsseEnvelope/);
    });
  }

  it('a subject that no checked material stands behind', async () => {
    const attester = await open();
    const materials = await complete(attester);
    const predicate = attester.predicate(materials);
    const smuggled = digestOf(utf8('malware'));
    const statement = formatStatement({
      type: STATEMENT_TYPE_V1,
      subject: [
        { name: 'program', digest: { sha256: digestOf(PROGRAM).slice(7) } },
        { name: 'malware', digest: { sha256: smuggled.slice(7) } },
      ],
      predicateType: RUN_PREDICATE_TYPE,
      predicate: JSON.parse(JSON.stringify(predicate)),
    });
    const bundle = await signStatement(
      { url: world.url },
      { type: 'workflow', token: world.ownerToken, project: 'p', workflow: 'plain' },
      () => statement,
    );
    const receipt = await world.owner.pushAttestation(attester.run.id, formatBundle(bundle));
    assert.deepEqual(
      receipt.findings.map(({ code }) => code),
      ['subject_unknown'],
    );
    const decision = await world.owner.ask({ subject: { digest: smuggled }, context: { contract: 'plain' } });
    assert.equal(decision.outcome, 'deny');
  });

  it('no verdict when a blob changed on the disk, or is gone from it', async () => {
    const attester = await open();
    const bytes = utf8('{"bomFormat":"CycloneDX","specVersion":"1.5","version":2,"components":[]}');
    const [program] = await complete(attester);
    const sbom = await attester.record('sbom', 'SBOM_CYCLONEDX_JSON', bytes);
    const hex = digestOf(bytes).slice('sha256:'.length);
    const files: string[] = [];
    for await (const file of glob(`**/*${hex}*`, { cwd: join(world.dataDir, 'blobs') })) files.push(file);
    assert.equal(files.length, 1);
    const [file = ''] = files;
    await writeFile(
      join(world.dataDir, 'blobs', file),
      utf8('{"bomFormat":"CycloneDX","specVersion":"1.5","version":3,"components":[]}'),
    );
    const bundle = await attester.sign(attester.predicate([program as RunMaterial, sbom]));
    const stored = join(world.dataDir, 'blobs', file);
    // What it is stands in the server's log: it is nothing that the pusher has done.
    const push = () => world.owner.pushAttestation(attester.run.id, bundle);
    assert.equal((await refusal(push())).code, 'internal');
    await rm(stored);
    assert.equal((await refusal(push())).code, 'internal');
    assert.equal((await world.owner.describeRun(attester.run.id)).state, 'INITIALIZED');
    // Restored, and the retry is the same call.
    await writeFile(stored, bytes);
    assert.equal((await push()).result, 'PASSED');
  });

  it('a policy by reference, which nobody has evaluated', async () => {
    const attester = await open('policed');
    const bundle = await attester.sign(attester.predicate(await complete(attester)));
    const receipt = await world.owner.pushAttestation(attester.run.id, bundle);
    assert.deepEqual(
      receipt.findings.map(({ step, code }) => [step, code]),
      [['policies', 'policy_undetermined']],
    );
  });
});

describe('accept: who may sign', () => {
  it('without signers in the contract: the workflow itself, not another one', async () => {
    const attester = await open();
    const bundle = await attester.sign(attester.predicate(await complete(attester)), {
      type: 'workflow',
      token: world.ownerToken,
      project: 'p',
      workflow: 'other',
    });
    const receipt = await world.owner.pushAttestation(attester.run.id, bundle);
    assert.deepEqual(
      receipt.findings.map(({ step, code }) => [step, code]),
      [['signer', 'signer_not_allowed']],
    );
  });

  const keyFile = async (name: string) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const path = join(world.dataDir, name);
    await writeFile(path, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
    return { path, publicKey: publicKey.export({ format: 'pem', type: 'spki' }).toString() };
  };

  it('by key: a registered one that the contract names, and no other', async () => {
    const registered = await keyFile('release.pem');
    const unknown = await keyFile('unknown.pem');
    const sign = async (attester: Attester, path: string) =>
      attester.sign(attester.predicate(await complete(attester)), {
        type: 'key',
        key: await loadKey(path, { env: {} }),
      });
    const early = await open('keyed');
    const tooEarly = await refusal(
      world.owner.pushAttestation(early.run.id, await sign(early, registered.path)),
    );
    assert.equal(tooEarly.code, 'attestation_signer_unverified');
    await world.owner.addKey({ name: 'release-key', publicKey: registered.publicKey });
    const receipt = await world.owner.pushAttestation(early.run.id, await sign(early, registered.path));
    assert.equal(receipt.result, 'PASSED');
    assert.equal(receipt.signer.type === 'key' && receipt.signer.name, 'release-key');

    const other = await open('keyed');
    const error = await refusal(world.owner.pushAttestation(other.run.id, await sign(other, unknown.path)));
    assert.equal(error.code, 'attestation_signer_unverified');
    await assertNothingLeft(other, 'signer');

    // The workflow's own identity is genuine, but this contract wants the key.
    const keyless = await open('keyed');
    const bundle = await keyless.sign(keyless.predicate(await complete(keyless)));
    const judged = await world.owner.pushAttestation(keyless.run.id, bundle);
    assert.equal(judged.findings[0]?.code, 'signer_not_allowed');
  });
});

describe('accept: who may ask', () => {
  it("another tenant's run looks exactly like one that never was", async () => {
    const attester = await open();
    const bundle = await attester.sign(attester.predicate(await complete(attester)));
    const { client: stranger } = await world.stranger();
    const foreign = await refusal(stranger.pushAttestation(attester.run.id, bundle));
    const absent = await refusal(stranger.pushAttestation('00000000-0000-4000-8000-000000000000', bundle));
    assert.equal(foreign.code, 'attestation_run_not_found');
    assert.equal(
      foreign.message.replace(attester.run.id, ''),
      absent.message.replace('00000000-0000-4000-8000-000000000000', ''),
    );
    for (const read of [
      () => stranger.describeRun(attester.run.id),
      () => stranger.downloadBundle(attester.run.id),
      () => stranger.cancelRun(attester.run.id, {}),
    ]) {
      assert.equal((await refusal(read())).code, 'attestation_run_not_found');
    }
    assert.deepEqual((await stranger.listRuns()).runs, []);
  });

  it('a viewer reads and does not attest; a narrow token stays inside its workflow', async () => {
    const { secret: viewerToken } = await world.owner.createToken({ name: 'viewer', role: 'viewer' });
    const { secret: narrowToken } = await world.owner.createToken({
      name: 'narrow',
      role: 'member',
      scope: { type: 'workflow', project: 'p', workflow: 'other' },
    });
    const viewer = world.as(new Secret(viewerToken));
    const narrow = world.as(new Secret(narrowToken));
    assert.equal(
      (await refusal(viewer.startRun({ project: 'p', workflow: 'plain' }))).code,
      'identity_forbidden',
    );
    assert.equal(
      (await refusal(narrow.startRun({ project: 'p', workflow: 'plain' }))).code,
      'identity_forbidden',
    );
    const { run } = await open();
    assert.equal((await viewer.describeRun(run.id)).id, run.id);
    assert.equal((await refusal(narrow.describeRun(run.id))).code, 'attestation_run_not_found');
    assert.ok((await narrow.listRuns()).runs.every(({ workflow }) => workflow === 'other'));
  });

  it('an older revision of the contract is for those who write contracts', async () => {
    const document = (version: number) =>
      `apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: tightened, description: v${version} }\nspec: { materials: [] }\n`;
    for (const version of [1, 2]) await world.owner.applyContract({ document: document(version) });
    await world.owner.createWorkflow({ project: 'p', name: 'tightened', contract: 'tightened' });
    const { secret } = await world.owner.createToken({ name: 'dev', role: 'member' });
    const member = world.as(new Secret(secret));
    const start = { project: 'p', workflow: 'tightened' };
    assert.equal((await member.startRun({ ...start, contractRevision: 2 })).contract.revision, 2);
    assert.equal(
      (await refusal(member.startRun({ ...start, contractRevision: 1 }))).code,
      'identity_forbidden',
    );
    assert.equal((await world.owner.startRun({ ...start, contractRevision: 1 })).contract.revision, 1);
  });
});
