/** docs/reference/run-manifest.md and verdict.md, held against what a running server makes. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Receipt } from '@waybill/api';
import { loadKey } from '@waybill/clients/keys';
import { connect, pushBlob, pushManifest } from '@waybill/clients/oci';
import { parseBundle } from '@waybill/core/bundle';
import { utf8 } from '@waybill/core/bytes';
import { type Digest, digestOf } from '@waybill/core/digest';
import {
  PROVENANCE_V1_TYPE,
  parseStatement,
  RUN_PREDICATE_TYPE,
  type RunMaterial,
  VSA_PREDICATE_TYPE,
} from '@waybill/core/intoto';
import {
  artifactManifest,
  descriptorOf,
  EMPTY_BLOB,
  EMPTY_DESCRIPTOR,
  formatManifest,
  MEDIA_TYPE,
} from '@waybill/core/oci';
import {
  type Attester,
  requirePeer,
  startAttester,
  stringMaterial,
  type TempDir,
  type TestWorld,
  tempDir,
  testWorld,
} from '@waybill/testkit';

const ROOT = resolve(import.meta.dirname, '../../../..');
const page = (name: string): string => readFileSync(join(ROOT, 'docs/reference', name), 'utf8');
const PROGRAM = utf8('a program');
const SBOM = utf8('{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[]}');
const REPOSITORY = 'default/p/build';
/** Attached with `gate: false`: it holds for the run that has an SBOM, and is told of the one that has none. */
const ADVISED = {
  apiVersion: 'chainloop.dev/v1',
  kind: 'Policy',
  metadata: { name: 'advised' },
  spec: { policies: [{ kind: 'SBOM_CYCLONEDX_JSON', embedded: 'package main\nviolations := []' }] },
};

let world: TestWorld;
let folder: TempDir;
let passed: Attester;
let receipt: Receipt;
let failed: Receipt;
let image: RunMaterial;

before(async () => {
  [world, folder] = await Promise.all([testWorld(), tempDir('waybill-reference-')]);
  await world.owner.applyContract({
    document: [
      'apiVersion: chainloop.dev/v1',
      'kind: Contract',
      'metadata: { name: release }',
      'spec:',
      '  materials:',
      '    - { type: CONTAINER_IMAGE, name: image, output: true }',
      '    - { type: ARTIFACT, name: program, output: true }',
      '    - { type: SBOM_CYCLONEDX_JSON, name: sbom }',
      '    - { type: ARTIFACT, name: large, skipUpload: true }',
      '  assurance: { freshness: { verdict: 30d } }',
      `  policies: { materials: [{ gate: false, embedded: ${JSON.stringify(ADVISED)} }] }`,
    ].join('\n'),
  });
  await world.owner.createWorkflow({ project: 'p', name: 'build', contract: 'release' });
  passed = await open();
  const materials = [
    (image = await pushImage()),
    await passed.record('program', 'ARTIFACT', PROGRAM, true),
    await passed.record('sbom', 'SBOM_CYCLONEDX_JSON', SBOM),
    stringMaterial('version', '1.2.3'),
    { ...stringMaterial('large', ''), kind: 'ARTIFACT', digest: digestOf(utf8('elsewhere')), sizeBytes: 9 },
  ];
  receipt = await world.owner.pushAttestation(passed.run.id, await passed.sign(passed.predicate(materials)));
  assert.deepEqual(receipt.findings, []);
  failed = await failing();
});
after(async () => {
  await world.close();
  await folder.remove();
});

const open = (): Promise<Attester> =>
  startAttester({ client: world.owner, token: world.ownerToken, project: 'p', workflow: 'build' });

async function pushImage(): Promise<RunMaterial> {
  const { host } = new URL(world.url);
  const registry = connect(host, { credentials: { username: 'x', password: world.ownerToken } });
  const repository = 'default/p/app';
  await pushBlob(registry, repository, EMPTY_BLOB);
  const bytes = formatManifest(
    artifactManifest({ artifactType: 'application/x-test', layers: [EMPTY_DESCRIPTOR] }),
  );
  const { digest, sizeBytes } = await pushManifest(
    registry,
    { repository },
    { bytes, mediaType: MEDIA_TYPE.imageManifest },
  );
  const reference = `${host}/${repository}@${digest}`;
  return {
    name: 'image',
    kind: 'CONTAINER_IMAGE',
    digest,
    sizeBytes,
    reference,
    output: true,
    annotations: {},
  };
}

/** Signed by a registered key, without what the contract wants. */
async function failing(): Promise<Receipt> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  await world.owner.addKey({ name: 'release', publicKey: pem });
  const file = join(folder.path, 'key.pem');
  await writeFile(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  const attester = await open();
  const predicate = attester.predicate([
    image,
    { ...(await attester.record('program', 'ARTIFACT', PROGRAM, true)), sizeBytes: 1 },
  ]);
  const bundle = await attester.sign(predicate, { type: 'key', key: await loadKey(file) });
  const judged = await world.owner.pushAttestation(attester.run.id, bundle);
  assert.equal(judged.result, 'FAILED');
  return judged;
}

async function send(method: string, path: string, body?: Uint8Array) {
  return fetch(`${world.url}/v2/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${world.ownerToken.reveal()}`,
      ...(body === undefined ? {} : { 'content-type': MEDIA_TYPE.imageManifest }),
    },
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  });
}

interface Shown {
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly config?: { readonly mediaType: string };
  readonly digest: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly layers?: readonly Shown[];
  readonly manifests?: readonly Shown[];
}

const read = async (path: string): Promise<Shown> => (await send('GET', path)).json() as Promise<Shown>;

/** Media types and annotation keys, as they occur anywhere in a text; the kind of a material is left out. */
const namesIn = (text: string): readonly string[] =>
  [
    ...new Set(
      text
        .matchAll(/application\/vnd\.[\w.+-]+|\b(?:dev\.(?:waybill|sigstore)|org\.opencontainers)\.[\w.]+\w/g)
        .map(([name]) => name.replace(/(material\.v1\+).*/, '$1')),
    ),
  ].toSorted();

describe('docs/reference/run-manifest.md', () => {
  const text = page('run-manifest.md');

  it('names every media type and annotation that the server writes, and no other', async () => {
    const manifest = await read(`${REPOSITORY}/manifests/run-${passed.run.id}`);
    const about = await Promise.all([
      read(`${REPOSITORY}/referrers/${receipt.manifestDigest}`),
      read(`default/p/app/referrers/${image.digest}`),
    ]);
    const referrers = await Promise.all(
      (about[0]?.manifests ?? []).map(({ digest }) => read(`${REPOSITORY}/manifests/${digest}`)),
    );
    const types = about[0]?.manifests?.map(
      ({ annotations }) => annotations?.['dev.sigstore.bundle.predicateType'] ?? '',
    );
    assert.deepEqual(types?.toSorted(), [PROVENANCE_V1_TYPE, VSA_PREDICATE_TYPE, RUN_PREDICATE_TYPE]);
    // Two runs name the image: each leaves its attestation and its verdict, the one that passed its provenance too.
    assert.equal(about[1]?.manifests?.length, 5);
    const bundles = referrers.map(({ annotations = {}, ...rest }) => ({ ...rest, annotations }));
    assert.deepEqual(namesIn(text), namesIn(JSON.stringify([manifest, bundles])));
  });

  it('is right about which materials have a layer, and in which order', async () => {
    const manifest = await read(`${REPOSITORY}/manifests/run-${passed.run.id}`);
    assert.deepEqual(
      manifest.layers?.map(({ annotations }) => annotations?.['dev.waybill.material.name']),
      ['program', 'sbom'],
    );
    assert.ok(manifest.layers?.[1] && text.includes(`\`${manifest.layers[1].mediaType}\``));
    const incomplete = await read(`${REPOSITORY}/manifests/${failed.manifestDigest}`);
    assert.deepEqual(
      incomplete.layers?.map((layer) => (layer as unknown as { size: number }).size),
      [PROGRAM.length],
    );
  });

  it('is right about what cannot be taken away', async () => {
    const tag = `run-${passed.run.id}`;
    const other = formatManifest(artifactManifest({ artifactType: 'application/x-other', layers: [] }));
    const layer = descriptorOf(PROGRAM, 'application/octet-stream').digest;
    const attempts: Readonly<Record<string, () => Promise<Response>>> = {
      'delete a pinned manifest by digest': () =>
        send('DELETE', `${REPOSITORY}/manifests/${receipt.manifestDigest}`),
      'delete a tag that points to it': () => send('DELETE', `${REPOSITORY}/manifests/${tag}`),
      'move such a tag to another manifest': () => send('PUT', `${REPOSITORY}/manifests/${tag}`, other),
      'delete a blob that it is made of': () => send('DELETE', `${REPOSITORY}/blobs/${layer}`),
    };
    const rows = [...text.matchAll(/^\| (.+) \| (\d{3}) \| `(\w+)` \|$/gm)].map((row) => row.slice(1, 4));
    const answers: string[][] = [];
    for (const [name, attempt] of Object.entries(attempts)) {
      const response = await attempt();
      const { errors } = (await response.json()) as { errors: { detail: { code: string } }[] };
      answers.push([name, String(response.status), errors[0]?.detail.code ?? '']);
    }
    assert.deepEqual(rows, answers);
  });
});

/** `a.b[].c` for every leaf, as the page writes them. */
function leavesOf(value: unknown, at: string): readonly string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item) => (typeof item === 'object' ? leavesOf(item, `${at}[]`) : [at]));
  }
  if (typeof value !== 'object' || value === null) return [at];
  return Object.entries(value).flatMap(([name, inner]) =>
    leavesOf(inner, at === '' ? name : `${at}.${name}`),
  );
}

async function verdictOf(judged: Receipt): Promise<Readonly<Record<string, unknown>>> {
  const bundle = parseBundle(await world.owner.downloadVerdict(judged.runId));
  assert.ok(bundle.content.type === 'dsse');
  return parseStatement(bundle.content.envelope.payload).claimed.predicate as Readonly<
    Record<string, unknown>
  >;
}

describe('docs/reference/verdict.md', () => {
  const text = page('verdict.md');
  const rows = (part: string): readonly string[] =>
    [...part.matchAll(/^\| `([a-zA-Z0-9_[\].]+)` \|/gm)].map(([, name = '']) => name);

  it('lists every field of a signed verdict, and no other', async () => {
    const verdicts = [await verdictOf(receipt), await verdictOf(failed)];
    const written = new Set(verdicts.flatMap((verdict) => leavesOf(verdict, '')));
    const section = text.slice(text.indexOf('## Statement'), text.indexOf('## Levels'));
    assert.deepEqual(rows(section).toSorted(), [...written].toSorted());
  });

  it('tells the levels of both results', async () => {
    const expected = await Promise.all(
      [receipt, failed].map(async (judged) => {
        const { verificationResult, verifiedLevels } = await verdictOf(judged);
        return `| ${String(verificationResult)} | \`${(verifiedLevels as string[]).join(', ')}\` |`;
      }),
    );
    for (const row of expected) assert.ok(text.includes(row), row);
  });

  it('lists every finding that the steps can make', () => {
    const sources = globSync('packages/server/src/attestation/{check-*,policy-outcomes}.ts', { cwd: ROOT })
      .map((file) => readFileSync(join(ROOT, file), 'utf8'))
      .join('\n');
    const core = readFileSync(join(ROOT, 'packages/core/src/contract/check.ts'), 'utf8');
    const made = new Set([
      ...sources.matchAll(/code: '(\w+)'/g).map(([, code]) => code),
      ...sources.matchAll(/finding\(\s*material,\s*'(\w+)'/g).map(([, code]) => code),
      ...sources.matchAll(/finding\('(policy_\w+)'/g).map(([, code]) => code),
      ...core.matchAll(/^ {2}\| '(contract_\w+)'/gm).map(([, code]) => code),
      'material_empty',
      'material_invalid',
      'material_kind_unknown',
      'material_kind_unsupported',
    ]);
    const section = text.slice(text.indexOf('## Findings'), text.indexOf('## What PASSED means'));
    const listed = section.matchAll(/`((?:signer|claim|material|contract|subject|policy)_\w+)`/g);
    assert.deepEqual(new Set(listed.map(([, code]) => code)), made);
    for (const { step, code } of failed.findings) {
      assert.match(section, new RegExp(`\\| ${step} \\| .*\`${code}\``), `${step}: ${code}`);
    }
  });

  it('is right about gates: a later FAILED verdict does not close what a PASSED one opened', async () => {
    const decide = (digest: Digest) =>
      world.owner.ask({ subject: { digest }, context: { contract: 'release' } });
    assert.equal(
      failed.subjects.some(({ digest }) => digest === image.digest),
      true,
    );
    assert.equal((await decide(image.digest)).outcome, 'allow');
    assert.equal((await decide(digestOf(SBOM))).outcome, 'deny');
  });

  describe('its commands', () => {
    const cosign = requirePeer('cosign');
    /** The words of the block that begins with `program`, for this server and this directory. */
    const wordsOf = (program: string): string[] => {
      const block = text.split('```sh\n').find((part) => part.startsWith(program)) ?? '';
      return (block.split('```')[0] ?? '')
        .replaceAll('https://waybill.example', world.url)
        .replaceAll('\\\n', ' ')
        .trim()
        .split(/\s+/)
        .slice(1);
    };
    const run = (program: string, args: readonly string[]) =>
      promisify(execFile)(program, args, {
        cwd: folder.path,
        timeout: 30_000,
        env: { ...process.env, HOME: folder.path },
      });

    before(async () => {
      await writeFile(join(folder.path, 'trusted_root.json'), await world.owner.trustedRoot());
      await writeFile(join(folder.path, 'app.tar'), PROGRAM);
    });

    for (const result of ['PASSED', 'FAILED'] as const) {
      const download = async () => {
        const { runId } = result === 'PASSED' ? receipt : failed;
        await writeFile(join(folder.path, 'verdict.json'), await world.owner.downloadVerdict(runId));
      };
      it(`verify a ${result} verdict with waybill`, async () => {
        await download();
        const program = join(ROOT, 'packages/cli/bin/waybill.js');
        const verified = run(process.execPath, [program, ...wordsOf('waybill verify')]);
        if (result === 'PASSED') await verified;
        else await assert.rejects(verified, { code: 4, stdout: /verificationResult +FAILED/ });
      });
      it(`verify a ${result} verdict with cosign`, { skip: cosign.skip }, async () => {
        await download();
        await run(cosign.path ?? '', wordsOf('cosign verify'));
      });
    }
  });
});
