/** Provenance that is attached to an image, in a registry. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Connection, connect, pushBlob, pushManifest } from '@waybill/clients/oci';
import { ATTACHMENT_MEDIA_TYPE, BUNDLE_MEDIA_TYPE, formatBundle } from '@waybill/core/bundle';
import { utf8 } from '@waybill/core/bytes';
import { type Digest, hexOf } from '@waybill/core/digest';
import { envelopeJson } from '@waybill/core/dsse';
import { PROVENANCE_V1_TYPE, STATEMENT_TYPE_V1 } from '@waybill/core/intoto';
import { artifactManifest, type Descriptor, EMPTY_BLOB, formatManifest } from '@waybill/core/oci';
import { formatTrustedRoot } from '@waybill/core/trust';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { makeWorld } from '../../core/src/verify/test-world.ts';
import { waybill, workspace } from './program.ts';

const REPOSITORY = 'default/demo/app';
const SOURCE = 'https://github.com/acme/app';
const REF = 'refs/tags/v1.2.3';
const SIGNER = `${SOURCE}/.github/workflows/release.yml@${REF}`;
const COMMIT = 'c'.repeat(40);

let world: TestWorld;
let registry: Connection;
const sigstore = makeWorld();
before(async () => {
  world = await testWorld();
  registry = connect(new URL(world.url).host, { credentials: { username: 'x', password: world.ownerToken } });
  await pushBlob(registry, REPOSITORY, EMPTY_BLOB);
});
after(() => world.close());

async function pushImage(kind: string): Promise<Descriptor> {
  const manifest = artifactManifest({ artifactType: `application/x-${kind}`, layers: [] });
  return pushManifest(
    registry,
    { repository: REPOSITORY },
    { bytes: formatManifest(manifest), mediaType: manifest.mediaType },
  );
}

/** As actions/attest-build-provenance leaves it beside an image. */
function provenance(digest: Digest): string {
  return formatBundle(signed(digest));
}

function signed(digest: Digest, options: { readonly withPromise?: boolean } = {}) {
  const workflow = { ref: REF, repository: SOURCE, path: '.github/workflows/release.yml' };
  return sigstore.sign(
    {
      type: STATEMENT_TYPE_V1,
      subject: [{ name: 'app', digest: { sha256: hexOf(digest) } }],
      predicateType: PROVENANCE_V1_TYPE,
      predicate: {
        buildDefinition: {
          buildType: 'https://actions.github.io/buildtypes/workflow/v1',
          externalParameters: { workflow },
          resolvedDependencies: [{ uri: `git+${SOURCE}@${REF}`, digest: { gitCommit: COMMIT } }],
        },
        runDetails: { builder: { id: SIGNER } },
      },
    },
    {
      subject: SIGNER,
      extensions: {
        issuer: 'https://token.actions.githubusercontent.com',
        sourceRepositoryUri: SOURCE,
        sourceRepositoryRef: REF,
        sourceRepositoryDigest: COMMIT,
        buildConfigUri: SIGNER,
        runnerEnvironment: 'github-hosted',
      },
      ...options,
    },
  );
}

async function attach(subject: Descriptor, bundle: string): Promise<void> {
  const { digest, sizeBytes } = await pushBlob(registry, REPOSITORY, utf8(bundle));
  const layers = [{ mediaType: BUNDLE_MEDIA_TYPE, digest, sizeBytes }];
  const annotations = { 'dev.sigstore.bundle.predicateType': PROVENANCE_V1_TYPE };
  const manifest = artifactManifest({ artifactType: BUNDLE_MEDIA_TYPE, layers, subject, annotations });
  await pushManifest(
    registry,
    { repository: REPOSITORY },
    { bytes: formatManifest(manifest), mediaType: manifest.mediaType },
  );
}

/** As cosign did before it wrote bundles: layers under a tag, with the signer and the promise of the log as annotations. */
async function attachAsBefore(subject: Descriptor): Promise<void> {
  const { content, verificationMaterial, tlogEntries, timestamps } = signed(subject.digest, {
    withPromise: true,
  });
  const [entry] = tlogEntries;
  assert.ok(content.type === 'dsse' && verificationMaterial.type === 'certificate' && entry);
  const base64 = (bytes: Uint8Array | null) => Buffer.from(bytes ?? []).toString('base64');
  const layer = async (text: string, annotations: Readonly<Record<string, string>>) => {
    const { digest, sizeBytes } = await pushBlob(registry, REPOSITORY, utf8(text));
    return { mediaType: ATTACHMENT_MEDIA_TYPE, digest, sizeBytes, annotations };
  };
  const log = {
    SignedEntryTimestamp: base64(entry.inclusionPromise),
    Payload: {
      body: base64(entry.canonicalizedBody),
      integratedTime: entry.integratedTime,
      logIndex: entry.logIndex,
      logID: Buffer.from(entry.logId).toString('hex'),
    },
  };
  const layers = [
    await layer('no envelope', {}),
    await layer(JSON.stringify(envelopeJson(content.envelope)), {
      'dev.cosignproject.cosign/signature': '',
      'dev.sigstore.cosign/certificate': pem(verificationMaterial.der),
      'dev.sigstore.cosign/bundle': JSON.stringify(log),
      'dev.sigstore.cosign/rfc3161timestamp': JSON.stringify({
        SignedRFC3161Timestamp: base64(timestamps[0] ?? null),
      }),
      predicateType: PROVENANCE_V1_TYPE,
    }),
  ];
  const manifest = artifactManifest({ artifactType: 'application/vnd.oci.image.config.v1+json', layers });
  await pushManifest(
    registry,
    { repository: REPOSITORY, tag: `${subject.digest.replace(':', '-')}.att` },
    { bytes: formatManifest(manifest), mediaType: manifest.mediaType },
  );
}

const pem = (der: Uint8Array) =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`;

describe('waybill slsa verify-image', () => {
  it('finds the provenance that holds among what anybody attached', async () => {
    await using at = await workspace();
    const { host } = new URL(world.url);
    const auth = Buffer.from(`x:${world.ownerToken.reveal()}`).toString('base64');
    await writeFile(path.join(at.dir, 'root.json'), formatTrustedRoot(sigstore.trustedRoot));
    await writeFile(path.join(at.dir, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
    const image = await pushImage('app');
    const judged = async (name: string, more: string, expected: number, reason: RegExp) => {
      const words = `slsa verify-image ${name} --source-uri github.com/acme/app --builder-id ${SIGNER} --trusted-root root.json ${more}`;
      const { code, stdout, stderr } = await waybill(words.trim().split(/\s+/), {
        cwd: at.dir,
        env: { DOCKER_CONFIG: at.dir },
      });
      assert.equal(code, expected, stderr);
      assert.match(code === 0 ? stdout : stderr, reason);
    };
    const named = `${host}/${REPOSITORY}@${image.digest}`;
    await judged(named, '', 3, /no attestation is attached/);
    const other = await pushImage('other');
    await attach(image, provenance(other.digest));
    await judged(named, '', 3, /verify_artifact/);
    await attach(image, 'no bundle at all');
    await attach(image, provenance(image.digest));
    await judged(named, '--source-tag v1.2.3', 0, /at most 2/);
    await judged(named, '--source-tag v1.2.4', 3, /not verified/);
    const before = await pushImage('of-before');
    await attachAsBefore(before);
    await judged(`${host}/${REPOSITORY}@${before.digest}`, '--source-tag v1.2.3', 0, /at most 2/);
    await judged(`${host}/${REPOSITORY}:v1`, '', 2, /by its digest/);
    await writeFile(path.join(at.dir, 'other.json'), provenance(other.digest));
    await judged(`${host}/${REPOSITORY}@${other.digest}`, '--provenance-path other.json', 0, /verified/);
  });
});
