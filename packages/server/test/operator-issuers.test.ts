/** Issuers that the operator sets for everybody, in the form of Fulcio's own configuration. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { toBase64, utf8 } from '@waybill/core/bytes';
import { spkiOf } from '@waybill/core/crypto';
import { parsePem, signerNameOf } from '@waybill/core/x509';
import {
  type FakeIssuer,
  fakeIssuer,
  type TempDir,
  type TestWorld,
  tempDir,
  testWorld,
} from '@waybill/testkit';
import { operatorIssuers } from '../src/trust/issuers/operator-issuers.ts';

let folder: TempDir;
let issuer: FakeIssuer;
let world: TestWorld;

const configOf = (url: string): string => `
oidc-issuers:
  ${url}: { issuer-url: ${url}, client-id: builds, type: ci-provider, ci-provider: own }
meta-issuers:
  https://oidc.eks.*.amazonaws.com/id/*: { client-id: sigstore, type: kubernetes }
ci-issuer-metadata:
  own:
    extension-templates: { build-trigger: event }
    subject-alternative-name-template: "https://builds.example.com/{{ .job }}"
`;

before(async () => {
  folder = await tempDir();
  issuer = await fakeIssuer();
  const issuersFile = join(folder.path, 'fulcio.yaml');
  await writeFile(issuersFile, configOf(issuer.url));
  world = await testWorld({ issuersFile, issuerNetworks: ['loopback'] });
});
after(async () => {
  await world.close();
  await issuer.close();
  await folder.remove();
});

async function nameFor(jwt: string): Promise<string> {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const response = await fetch(`${world.url}/api/v2/signingCert`, {
    method: 'POST',
    body: JSON.stringify({
      credentials: { oidcIdentityToken: jwt },
      publicKeyRequest: {
        publicKey: { algorithm: 'ECDSA', content: toBase64(spkiOf(keys.publicKey)) },
        proofOfPossession: toBase64(sign('sha256', utf8('subject-1'), keys.privateKey)),
      },
    }),
  });
  const body = (await response.json()) as {
    readonly message?: string;
    readonly signedCertificateEmbeddedSct?: {
      readonly chain: { readonly certificates: readonly string[] };
    };
  };
  const [pem] = body.signedCertificateEmbeddedSct?.chain.certificates ?? [];
  const [leaf] = pem === undefined ? [] : parsePem(pem);
  return leaf ? signerNameOf(leaf).value : String(body.message);
}

describe('an issuer of the operator', () => {
  it('names signers by its own templates, for its own audience', async () => {
    const claims = { job: 'jobs/7', event: 'push', aud: 'builds' };
    assert.equal(await nameFor(issuer.token(claims)), 'https://builds.example.com/jobs/7');
    assert.match(await nameFor(issuer.token({ ...claims, aud: 'sigstore' })), /expected "builds"/);
    assert.match(await nameFor(issuer.token({ aud: 'builds', event: 'push' })), /no claim "job"/);
  });

  it('cannot be listed as something else, and stands in the configuration beside its pattern', async () => {
    await assert.rejects(world.owner.addIssuer({ url: issuer.url, kind: 'email' }), (error) =>
      isCoded(error, 'trust_issuer_invalid'),
    );
    const response = await fetch(`${world.url}/api/v2/configuration`);
    const { issuers } = (await response.json()) as {
      readonly issuers: readonly { readonly issuerUrl?: string; readonly wildcardIssuerUrl?: string }[];
    };
    assert.deepEqual(
      issuers.map(({ issuerUrl, wildcardIssuerUrl }) => issuerUrl ?? wildcardIssuerUrl),
      [`${world.url}/oidc`, issuer.url, 'https://oidc.eks.*.amazonaws.com/id/*'],
    );
  });

  it('that makes no sense stops the start', () => {
    const file = utf8('oidc-issuers: { "https://a.example": { type: saml } }');
    assert.throws(
      () => operatorIssuers(file),
      (error) => isCoded(error, 'fulcio_config_invalid'),
    );
  });
});
