/** Flow 2: an image is pushed → attested → its evidence lies beside it → a gate and other people's tools read it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Receipt } from '@waybill/api';
import type { Client } from '@waybill/api/client';
import {
  type Connection,
  connect,
  getManifest,
  pushBlob,
  pushManifest,
  readBlob,
} from '@waybill/clients/oci';
import { Secret } from '@waybill/core';
import { BUNDLE_MEDIA_TYPE, parseBundle } from '@waybill/core/bundle';
import { utf8 } from '@waybill/core/bytes';
import { type Digest, digestOf } from '@waybill/core/digest';
import {
  PROVENANCE_V1_TYPE,
  RUN_PREDICATE_TYPE,
  type RunMaterial,
  VSA_PREDICATE_TYPE,
} from '@waybill/core/intoto';
import { type Descriptor, formatManifest, MEDIA_TYPE, parseManifest } from '@waybill/core/oci';
import { parseTrustedRoot } from '@waybill/core/trust';
import { verifyStatementBundle } from '@waybill/core/verify';
import {
  requirePeer,
  startAttester,
  type TempDir,
  type TestWorld,
  tempDir,
  testWorld,
} from '@waybill/testkit';

const REPOSITORY = 'default/shop/app';
const oras = requirePeer('oras');
const crane = requirePeer('crane');
const cosign = requirePeer('cosign');

let world: TestWorld;
let folder: TempDir;
let host: string;
let pipelineToken: Secret<string>;
let pipeline: Client;
let registry: Connection;
let image: { readonly descriptor: Descriptor; readonly bytes: Uint8Array };
let other: typeof image;
let receipt: Receipt;

before(async () => {
  [world, folder] = await Promise.all([testWorld(), tempDir('waybill-flow-2-')]);
  host = new URL(world.url).host;
});
after(async () => {
  await world.close();
  await folder.remove();
});

const place = (name: string): string => join(folder.path, name);

/** An image of one layer, as a build tool makes it: config, layer, manifest. */
async function pushImage(tag: string, content: string): Promise<typeof image> {
  await mkdir(place(tag));
  await writeFile(join(place(tag), 'hello'), content);
  await promisify(execFile)('tar', ['-cf', place(`${tag}.tar`), '-C', place(tag), 'hello']);
  const archive = await readFile(place(`${tag}.tar`));
  const layer = gzipSync(archive);
  const config = utf8(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [digestOf(archive)] },
    }),
  );
  for (const bytes of [config, layer]) await pushBlob(registry, REPOSITORY, bytes);
  const described = (mediaType: string, bytes: Uint8Array): Descriptor => ({
    mediaType,
    digest: digestOf(bytes),
    sizeBytes: bytes.length,
  });
  const mediaType = MEDIA_TYPE.imageManifest;
  const bytes = formatManifest({
    type: 'image',
    mediaType,
    config: described(MEDIA_TYPE.imageConfig, config),
    layers: [described('application/vnd.oci.image.layer.v1.tar+gzip', layer)],
  });
  const descriptor = await pushManifest(registry, { repository: REPOSITORY, tag }, { bytes, mediaType });
  return { descriptor, bytes };
}

/** What the referrers API says about a manifest, by predicate type. */
async function referrersOf(digest: Digest): Promise<ReadonlyMap<string, Descriptor>> {
  const response = await fetch(`${world.url}/v2/${REPOSITORY}/referrers/${digest}`, {
    headers: { authorization: `Bearer ${pipelineToken.reveal()}` },
  });
  assert.equal(response.status, 200);
  const index = parseManifest(new Uint8Array(await response.arrayBuffer()), MEDIA_TYPE.imageIndex);
  assert.equal(index.type, 'index');
  return new Map(
    index.manifests.map((found) => [found.annotations?.['dev.sigstore.bundle.predicateType'] ?? '', found]),
  );
}

describe('an image', () => {
  it('has a contract: which image leaves, and who may vouch for it', async () => {
    const document = [
      'apiVersion: chainloop.dev/v1',
      'kind: Contract',
      'metadata: { name: images }',
      'spec:',
      '  materials:',
      '    - { type: CONTAINER_IMAGE, name: image, output: true }',
      '  signers:',
      `    - { issuer: "${world.url}/oidc", subject: "${world.url}/oidc/default/shop/release" }`,
    ].join('\n');
    await world.owner.applyContract({ document });
    await world.owner.createWorkflow({ project: 'shop', name: 'release', contract: 'images' });
  });

  it('is pushed by a pipeline whose token reaches its own project and no other', async () => {
    const { secret } = await world.owner.createToken({
      name: 'ci',
      role: 'member',
      scope: { type: 'project', project: 'shop' },
    });
    pipelineToken = new Secret(secret);
    pipeline = world.as(pipelineToken);
    registry = connect(host, { credentials: { username: 'ci', password: pipelineToken } });
    image = await pushImage('v1', 'hello');
    other = await pushImage('v2', 'not attested');
    const pulled = await getManifest(registry, { repository: REPOSITORY, tag: 'v1' });
    assert.deepEqual(pulled.bytes, Buffer.from(image.bytes));
    await assert.rejects(pushBlob(registry, 'default/elsewhere/app', utf8('x')), {
      code: /^oci_client_(denied|unauthorized)$/,
    });
  });

  it('is attested where it lies, by digest, and judged PASSED', async () => {
    const attester = await startAttester({
      client: pipeline,
      token: pipelineToken,
      project: 'shop',
      workflow: 'release',
    });
    const { digest, sizeBytes } = image.descriptor;
    const material: RunMaterial = {
      name: 'image',
      kind: 'CONTAINER_IMAGE',
      digest,
      sizeBytes,
      reference: `${host}/${REPOSITORY}:v1@${digest}`,
      output: true,
      annotations: {},
    };
    const bundle = await attester.sign(attester.predicate([material]));
    receipt = await pipeline.pushAttestation(attester.run.id, bundle);
    assert.deepEqual([receipt.result, receipt.findings], ['PASSED', []]);
    assert.deepEqual(receipt.subjects, [{ name: 'image', digest }]);
  });

  it('has attestation, verdict and provenance as referrers beside it, which verify with the trusted root alone', async () => {
    const trustedRoot = parseTrustedRoot(utf8(await world.as().trustedRoot()));
    const referrers = await referrersOf(image.descriptor.digest);
    const identities = new Map([
      [RUN_PREDICATE_TYPE, `${world.url}/oidc/default/shop/release`],
      [VSA_PREDICATE_TYPE, `${world.url}/verifier`],
      [PROVENANCE_V1_TYPE, `${world.url}/verifier`],
    ]);
    assert.deepEqual(new Set(referrers.keys()), new Set(identities.keys()));
    for (const [predicateType, subject] of identities) {
      const digest = referrers.get(predicateType)?.digest;
      assert.ok(digest);
      const { manifest } = await getManifest(registry, { repository: REPOSITORY, digest });
      assert.ok(manifest.type === 'image');
      assert.equal(manifest.subject?.digest, image.descriptor.digest);
      const [layer] = manifest.layers;
      assert.equal(layer?.mediaType, BUNDLE_MEDIA_TYPE);
      const bytes = await readBlob(registry, REPOSITORY, { ...layer, maxBytes: 1_000_000 });
      const { statement } = verifyStatementBundle(parseBundle(bytes), {
        trustedRoot,
        expectations: { type: 'identity', issuer: `${world.url}/oidc`, subject },
        artifact: image.descriptor.digest,
      });
      assert.equal(statement.value.predicateType, predicateType);
    }
    assert.equal((await referrersOf(other.descriptor.digest)).size, 0);
  });

  it('passes the gate; another image of the same repository does not', async () => {
    const ask = (digest: Digest) =>
      pipeline.ask({
        subject: { digest, name: `${host}/${REPOSITORY}` },
        context: { contract: 'images', place: 'cluster' },
      });
    const allowed = await ask(image.descriptor.digest);
    assert.equal(allowed.outcome, 'allow');
    assert.equal(allowed.evidence?.vsaDigest, receipt.vsa.bundleDigest);
    const denied = await ask(other.descriptor.digest);
    assert.deepEqual([denied.outcome, denied.evidence], ['deny', null]);
    assert.deepEqual(
      denied.reasons.map(({ code }) => code),
      ['no_verdict'],
    );
    assert.deepEqual(await pipeline.describeDecision(denied.id), denied);
  });
});

/** Other people's programs, as they come: with a Docker configuration that knows the token, and nothing else. */
describe('unmodified', () => {
  before(async () => {
    await mkdir(place('docker'));
    const auth = Buffer.from(`ci:${pipelineToken.reveal()}`).toString('base64');
    await writeFile(place('docker/config.json'), JSON.stringify({ auths: { [host]: { auth } } }), {
      mode: 0o600,
    });
    await writeFile(place('manifest.json'), image.bytes);
    await writeFile(place('root.json'), await world.as().trustedRoot());
    await writeFile(place('attestation.json'), await pipeline.downloadBundle(receipt.runId));
    await writeFile(place('verdict.json'), await pipeline.downloadVerdict(receipt.runId));
  });

  const call = async (program: string | null, args: readonly string[]): Promise<string> => {
    const { stdout, stderr } = await promisify(execFile)(program ?? '', args, {
      cwd: folder.path,
      timeout: 30_000,
      env: {
        ...process.env,
        HOME: folder.path,
        DOCKER_CONFIG: place('docker'),
        TUF_ROOT: place('tuf'),
        COSIGN_YES: 'true',
      },
    });
    return `${stdout}${stderr}`;
  };
  const reference = (tag = 'v1'): string => `${host}/${REPOSITORY}:${tag}`;

  it('oras finds the evidence and pulls the image', { skip: oras.skip }, async () => {
    const found = await call(oras.path, ['discover', '--plain-http', '--format', 'json', reference()]);
    const { referrers } = JSON.parse(found) as { referrers: { artifactType: string }[] };
    assert.deepEqual(
      referrers.map(({ artifactType }) => artifactType),
      [BUNDLE_MEDIA_TYPE, BUNDLE_MEDIA_TYPE, BUNDLE_MEDIA_TYPE],
    );
    await call(oras.path, ['copy', '--from-plain-http', '--to-oci-layout', reference(), 'layout:v1']);
    assert.ok((await readdir(place('layout/blobs/sha256'))).includes(image.descriptor.digest.slice(7)));
  });

  it('crane pulls and checks the image', { skip: crane.skip }, async () => {
    assert.equal((await call(crane.path, ['digest', reference()])).trim(), image.descriptor.digest);
    await call(crane.path, ['validate', '--remote', reference()]);
    assert.deepEqual((await call(crane.path, ['ls', `${host}/${REPOSITORY}`])).trim().split('\n'), [
      'v1',
      'v2',
    ]);
  });

  describe('cosign', { skip: cosign.skip }, () => {
    const trusted = (identity: string): readonly string[] => [
      '--trusted-root',
      place('root.json'),
      '--certificate-identity',
      identity,
      '--certificate-oidc-issuer',
      `${world.url}/oidc`,
    ];
    const blob = (document: string, identity: string, type: string, file = 'manifest.json') =>
      call(cosign.path, [
        'verify-blob-attestation',
        ...trusted(identity),
        '--bundle',
        place(document),
        '--type',
        type,
        place(file),
      ]);
    const inRegistry = (identity: string, type: string, tag = 'v1') =>
      call(cosign.path, [
        'verify-attestation',
        '--allow-http-registry',
        ...trusted(identity),
        '--type',
        type,
        reference(tag),
      ]);
    const pipelineIdentity = () => `${world.url}/oidc/default/shop/release`;
    const verifierIdentity = () => `${world.url}/verifier`;

    it('verifies the attestation for the identity of the pipeline alone, and for this image alone', async () => {
      await blob('attestation.json', pipelineIdentity(), RUN_PREDICATE_TYPE);
      await assert.rejects(
        blob('attestation.json', `${world.url}/oidc/default/shop/other`, RUN_PREDICATE_TYPE),
        /no matching CertificateIdentity/,
      );
      await assert.rejects(
        blob('attestation.json', pipelineIdentity(), RUN_PREDICATE_TYPE, 'verdict.json'),
        /digest/,
      );
    });

    it('verifies the verdict for the identity of the verifier alone', async () => {
      await blob('verdict.json', verifierIdentity(), VSA_PREDICATE_TYPE);
      await assert.rejects(
        blob('verdict.json', pipelineIdentity(), VSA_PREDICATE_TYPE),
        /no matching CertificateIdentity/,
      );
    });

    it('refuses a verdict whose result was changed', async () => {
      const bundle = JSON.parse(await readFile(place('verdict.json'), 'utf8')) as {
        dsseEnvelope: { payload: string };
      };
      const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString();
      assert.match(payload, /"PASSED"/);
      bundle.dsseEnvelope.payload = Buffer.from(payload.replace('"PASSED"', '"FAILED"')).toString('base64');
      await writeFile(place('changed.json'), JSON.stringify(bundle));
      await assert.rejects(
        blob('changed.json', verifierIdentity(), VSA_PREDICATE_TYPE),
        /log inclusion|signature/,
      );
    });

    it('finds both beside the image, and verifies them there', async () => {
      const tree = await call(cosign.path, ['tree', '--allow-http-registry', reference()]);
      assert.match(tree, new RegExp(RUN_PREDICATE_TYPE.replaceAll('.', '\\.')));
      assert.match(tree, new RegExp(VSA_PREDICATE_TYPE.replaceAll('.', '\\.')));
      await inRegistry(pipelineIdentity(), RUN_PREDICATE_TYPE);
      const verified = await inRegistry(verifierIdentity(), VSA_PREDICATE_TYPE);
      assert.match(verified, /"payloadType":"application\/vnd\.in-toto\+json"/);
    });

    it('finds nothing for another identity, nor for the other image', async () => {
      await assert.rejects(inRegistry(pipelineIdentity(), VSA_PREDICATE_TYPE), /no matching|none of/);
      await assert.rejects(
        inRegistry(verifierIdentity(), VSA_PREDICATE_TYPE, 'v2'),
        /no matching attestations/,
      );
    });
  });
});
