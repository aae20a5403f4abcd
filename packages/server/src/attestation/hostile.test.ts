/** What a pipeline with a genuine token, or somebody with the database, tries against verdicts and the server's time. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { Receipt } from '@waybill/api';
import type { Client } from '@waybill/api/client';
import { connect, pushBlob, pushManifest } from '@waybill/clients/oci';
import { signStatement } from '@waybill/clients/sigstore';
import { isCoded, Secret } from '@waybill/core';
import { formatBundle } from '@waybill/core/bundle';
import { type Json, utf8 } from '@waybill/core/bytes';
import { type Digest, digestOf } from '@waybill/core/digest';
import {
  formatStatement,
  RUN_PREDICATE_TYPE,
  type RunMaterial,
  type RunPredicate,
  STATEMENT_TYPE_V1,
  type Subject,
} from '@waybill/core/intoto';
import { artifactManifest, EMPTY_BLOB, formatManifest, MEDIA_TYPE } from '@waybill/core/oci';
import { type Attester, startAttester, stringMaterial, type TestWorld, testWorld } from '@waybill/testkit';

let world: TestWorld;

const contract = (name: string, materials: string) =>
  `apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: ${name} }\nspec:\n  materials:\n    - ${materials}\n`;

before(async () => {
  world = await testWorld();
  await prepare(world.owner);
});
after(() => world.close());

async function prepare(client: Client): Promise<void> {
  await client.applyContract({
    document: contract('program', '{ type: ARTIFACT, name: program, output: true }'),
  });
  await client.applyContract({ document: contract('note', '{ type: STRING, name: note }') });
  await client.createWorkflow({ project: 'p', name: 'program', contract: 'program' });
  await client.createWorkflow({ project: 'p', name: 'note', contract: 'note' });
  await client.createWorkflow({ project: 'q', name: 'program', contract: 'program' });
}

const open = (workflow = 'program', client = world.owner, token = world.ownerToken): Promise<Attester> =>
  startAttester({ client, token, project: 'p', workflow });

const subjectOf = ({ name, digest }: { name: string; digest: Digest }): Subject => ({
  name,
  digest: { sha256: digest.slice('sha256:'.length) },
});

/** Past the format of our own client: any subjects with any predicate. */
async function push(
  attester: Attester,
  predicate: RunPredicate,
  subject: readonly Subject[],
): Promise<Receipt> {
  const { workflow } = attester.run;
  const statement = formatStatement({
    type: STATEMENT_TYPE_V1,
    subject,
    predicateType: RUN_PREDICATE_TYPE,
    predicate: JSON.parse(JSON.stringify(predicate)) as Json,
  });
  const as = { type: 'workflow', token: world.ownerToken, project: 'p', workflow } as const;
  const bundle = formatBundle(await signStatement({ url: world.url }, as, () => statement));
  return world.owner.pushAttestation(attester.run.id, bundle);
}

const ask = (client: Client, digest: Digest, name = 'program') =>
  client.ask({ subject: { digest }, context: { contract: name } });

describe('accept: odd but signed, so kept as FAILED', () => {
  it('a subject without a sha256 digest', async () => {
    const attester = await open();
    const program = await attester.record('program', 'ARTIFACT', utf8('x'), true);
    const receipt = await push(attester, attester.predicate([program]), [
      { name: 'x', digest: { sha512: 'a'.repeat(128) } },
    ]);
    assert.equal(receipt.result, 'FAILED');
    assert.deepEqual(receipt.subjects, []);
  });

  it('a kind that is no word, of a blob that is there', async () => {
    const attester = await open();
    const program = await attester.record('program', 'NO SUCH KIND é', utf8('x'), true);
    const receipt = await push(attester, attester.predicate([program]), [subjectOf(program)]);
    assert.equal(receipt.result, 'FAILED');
  });

  it('more subjects than a statement of the database has parameters, told without a flood', async () => {
    const attester = await open();
    const program = await attester.record('program', 'ARTIFACT', utf8('x'), true);
    const many = Array.from({ length: 8000 }, (_, at) =>
      subjectOf({ name: `s${at}`, digest: digestOf(utf8(String(at))) }),
    );
    const receipt = await push(attester, attester.predicate([program]), many);
    assert.equal(receipt.result, 'FAILED');
    assert.equal(receipt.subjects.length, 8000);
    assert.equal(receipt.findings.length, 501);
    assert.equal(receipt.findings.at(-1)?.code, 'findings_left_out');
  });
});

describe('accept: bounds', () => {
  const refused = (work: Promise<unknown>) =>
    assert.rejects(work, (error) => isCoded(error, 'attestation_too_large'));

  it('refuses names that would not fit the manifest of the run, before anything is logged', async () => {
    const attester = await open();
    const program = await attester.record('program', 'ARTIFACT', utf8('x'), true);
    const long = { ...program, name: 'n'.repeat(2_000_000), output: false };
    await refused(push(attester, attester.predicate([program, long]), [subjectOf(program)]));
    const environment = Object.fromEntries(Array.from({ length: 10_001 }, (_, at) => [`V${at}`, '']));
    await refused(push(attester, attester.predicate([program], { environment }), [subjectOf(program)]));
  });

  it('takes ten thousand materials, and reads a blob that all of them name once', async () => {
    const attester = await open();
    // Ten thousand times this would be 80 GB.
    const program = await attester.record('program', 'ARTIFACT', randomBytes(8 * 1024 * 1024), true);
    const others = Array.from({ length: 9999 }, (_, at) => ({
      ...program,
      name: `m${at}`,
      filename: `file-${at}.bin`,
      output: false,
    }));
    const receipt = await push(attester, attester.predicate([program, ...others]), [subjectOf(program)]);
    assert.deepEqual(receipt.findings, []);
  });
});

describe('accept: what a verdict is about', () => {
  it('is nothing that the contract does not name, also where it names no output', async () => {
    const attester = await open('note');
    const note = stringMaterial('note', 'hello');
    const smuggled = await attester.record('malware', 'ARTIFACT', utf8('malware'));
    const materials = [note, smuggled];
    const receipt = await push(attester, attester.predicate(materials), materials.map(subjectOf));
    assert.equal(receipt.result, 'PASSED');
    assert.deepEqual(
      receipt.subjects.map(({ name }) => name),
      ['note'],
    );
    assert.equal((await ask(world.owner, note.digest, 'note')).outcome, 'allow');
    assert.equal((await ask(world.owner, smuggled.digest, 'note')).outcome, 'deny');
  });

  it('is not the extra material alone', async () => {
    await world.owner.applyContract({
      document: contract('optional', '{ type: STRING, name: note, optional: true }'),
    });
    await world.owner.createWorkflow({ project: 'p', name: 'optional', contract: 'optional' });
    const attester = await open('optional');
    const smuggled = await attester.record('malware', 'ARTIFACT', utf8('more malware'));
    const receipt = await push(attester, attester.predicate([smuggled]), [subjectOf(smuggled)]);
    assert.deepEqual(
      receipt.findings.map(({ code }) => code),
      ['subject_missing'],
    );
  });
});

describe('accept: a narrow token stays inside its scope', () => {
  async function pushImage(repository: string): Promise<RunMaterial> {
    const { host } = new URL(world.url);
    const registry = connect(host, { credentials: { username: 'x', password: world.ownerToken } });
    await pushBlob(registry, repository, EMPTY_BLOB);
    const bytes = formatManifest(
      artifactManifest({ artifactType: 'application/x.test', layers: [], annotations: { repository } }),
    );
    await pushManifest(registry, { repository }, { bytes, mediaType: MEDIA_TYPE.imageManifest });
    const digest = digestOf(bytes);
    const reference = `${host}/${repository}@${digest}`;
    const kind = 'CONTAINER_IMAGE';
    return {
      name: 'image',
      kind,
      digest,
      sizeBytes: bytes.length,
      reference,
      output: true,
      annotations: {},
    };
  }

  it('neither sees nor marks an image of another project', async () => {
    await world.owner.applyContract({
      document: contract('image', '{ type: CONTAINER_IMAGE, name: image, output: true }'),
    });
    await world.owner.createWorkflow({ project: 'p', name: 'image', contract: 'image' });
    const { secret } = await world.owner.createToken({
      name: 'narrow-image',
      role: 'member',
      scope: { type: 'project', project: 'p' },
    });
    const token = new Secret(secret);
    const results: string[] = [];
    for (const repository of ['default/p/app', 'default/q/app']) {
      const image = await pushImage(repository);
      const attester = await open('image', world.as(token), token);
      const bundle = await attester.sign(attester.predicate([image]));
      results.push((await world.as(token).pushAttestation(attester.run.id, bundle)).result);
      const marks = await world.rows(
        'select 1 from registry_manifests where repository = $1 and subject_digest = $2',
        [repository, image.digest],
      );
      results.push(String(marks.length));
    }
    // Attestation, verdict and provenance beside the one, nothing beside the other.
    assert.deepEqual(results, ['PASSED', '3', 'FAILED', '0']);
  });

  it('asks the gate for verdicts of its own project, and reads decisions that it asked for itself', async () => {
    const attester = await open();
    const program = await attester.record('program', 'ARTIFACT', utf8('of project p'), true);
    await world.owner.pushAttestation(attester.run.id, await attester.sign(attester.predicate([program])));
    const tokenFor = async (project: string) => {
      const scope = { type: 'project', project } as const;
      const { secret } = await world.owner.createToken({ name: `gate-${project}`, role: 'viewer', scope });
      return world.as(new Secret(secret));
    };
    const [inside, outside] = [await tokenFor('p'), await tokenFor('q')];
    const decision = await ask(inside, program.digest);
    assert.equal(decision.outcome, 'allow');
    const denied = await ask(outside, program.digest);
    assert.equal(denied.outcome, 'deny');
    assert.doesNotMatch(denied.reasons[0]?.message ?? '', /other contracts/);
    const read = async (token: Client, id: string) => {
      try {
        return (await token.describeDecision(id)).id;
      } catch (error) {
        return isCoded(error) ? error.code : String(error);
      }
    };
    assert.equal(await read(outside, decision.id), 'gate_decision_not_found');
    assert.notEqual(await read(inside, decision.id), 'gate_decision_not_found');
    assert.notEqual(await read(world.owner, decision.id), 'gate_decision_not_found');
  });
});

describe('the gate, when somebody writes rows', () => {
  it('takes no genuine verdict of another organisation, nor one of another run', async () => {
    const { token, client } = await world.stranger('lax');
    await prepare(client);
    const bytes = utf8('judged by strangers only');
    const theirs = await open('program', client, token);
    const program = await theirs.record('program', 'ARTIFACT', bytes, true);
    const receipt = await client.pushAttestation(
      theirs.run.id,
      await theirs.sign(theirs.predicate([program])),
    );
    assert.equal(receipt.result, 'PASSED');

    const ours = await open();
    const own = await ours.record('program', 'ARTIFACT', utf8('ours'), true);
    await world.owner.pushAttestation(ours.run.id, await ours.sign(ours.predicate([own])));
    const plant = (digest: string) =>
      world.rows(
        `insert into attestation_verdicts
         select run_id, org_id, $2, contract_name, contract_revision, 'PASSED', $3, vsa_log_index, verified_at
         from attestation_verdicts where run_id = $1 limit 1`,
        [ours.run.id, digest, receipt.vsa.bundleDigest],
      );
    await plant(program.digest);
    const decision = await ask(world.owner, program.digest);
    assert.equal(decision.outcome, 'error');
    assert.match(decision.reasons[0]?.message ?? '', /resource in the VSA differs/);

    // The verdict of one run of ours, borrowed by another run.
    const second = await open();
    const passed = await second.record('program', 'ARTIFACT', utf8('second'), true);
    await world.owner.pushAttestation(second.run.id, await second.sign(second.predicate([passed])));
    await world.rows('update attestation_verdicts set run_id = $1 where run_id = $2', [
      ours.run.id,
      second.run.id,
    ]);
    assert.match((await ask(world.owner, passed.digest)).reasons[0]?.message ?? '', /run in the VSA differs/);
  });
});

describe('GET /waybill/v1/runs', () => {
  it('refuses a cursor with a time that no database holds', async () => {
    const cursor = Buffer.from('-271821-04-20T00:00:00.000Z 00000000-0000-0000-0000-000000000000');
    await assert.rejects(world.owner.listRuns({ cursor: cursor.toString('base64url') }), (error) =>
      isCoded(error, 'attestation_cursor_invalid'),
    );
  });
});
