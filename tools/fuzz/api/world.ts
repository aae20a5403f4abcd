/** A real server with something in it: what requests can name, and what mutated ones start from. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { connect, pushBlob, pushManifest } from '@waybill/clients/oci';
import { exchangeToken } from '@waybill/clients/oidc';
import { digestOf } from '@waybill/core/digest';
import { artifactManifest, EMPTY_BLOB, formatManifest, MEDIA_TYPE } from '@waybill/core/oci';
import { startAttester, type TestWorld, testWorld } from '@waybill/testkit';

export const REPOSITORY = 'default/warehouse/app';
const DOCUMENT =
  'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: release }\nspec:\n  materials:\n' +
  '    - { type: ARTIFACT, name: program, output: true }\n';

export interface Furnished extends TestWorld {
  readonly run: { readonly id: string; readonly bundle: string };
  readonly manifest: { readonly digest: string; readonly bytes: Uint8Array };
  readonly blob: string;
  /** Of a keyless signer, made just now. */
  readonly identityToken: string;
  readonly signingRequest: object;
}

export async function furnishedWorld(): Promise<Furnished> {
  const world = await testWorld();
  const { owner, ownerToken } = world;
  await owner.applyContract({ document: DOCUMENT });
  const workflow = { project: 'warehouse', name: 'build' };
  await owner.createWorkflow({ ...workflow, contract: 'release' });
  const attester = await startAttester({
    client: owner,
    token: ownerToken,
    project: 'warehouse',
    workflow: 'build',
  });
  const program = Buffer.from('a program');
  const bundle = await attester.sign(
    attester.predicate([await attester.record('program', 'ARTIFACT', program, true)]),
  );
  await owner.pushAttestation(attester.run.id, bundle);
  const { jwt, subject } = await exchangeToken({ url: world.url, token: ownerToken, workflow });
  return {
    ...world,
    run: { id: attester.run.id, bundle },
    ...(await furnishRegistry(world)),
    identityToken: jwt.reveal(),
    signingRequest: signingRequest(jwt.reveal(), subject),
  };
}

async function furnishRegistry({ url, ownerToken }: TestWorld) {
  const registry = connect(new URL(url).host, { credentials: { username: 'x', password: ownerToken } });
  await pushBlob(registry, REPOSITORY, EMPTY_BLOB);
  const bytes = formatManifest(artifactManifest({ artifactType: 'application/x-fuzz', layers: [] }));
  const mediaType = MEDIA_TYPE.imageManifest;
  const { digest } = await pushManifest(
    registry,
    { repository: REPOSITORY, tag: 'v1' },
    { bytes, mediaType },
  );
  return { manifest: { digest, bytes }, blob: digestOf(EMPTY_BLOB) };
}

function signingRequest(oidcIdentityToken: string, subject: string): object {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    credentials: { oidcIdentityToken },
    publicKeyRequest: {
      publicKey: { algorithm: 'ECDSA', content: publicKey.export({ format: 'pem', type: 'spki' }) },
      proofOfPossession: sign('sha256', Buffer.from(subject), privateKey).toString('base64'),
    },
  };
}
