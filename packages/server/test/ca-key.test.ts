/** The certificate authority with each kind of key: certificates, and evidence that others verify. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot as SigstoreRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { startAttester, stringMaterial, testWorld } from '@waybill/testkit';

const KEYS = { p256: 'prime256v1', p384: 'secp384r1', rsa3072: 3072 } as const;

describe('a certificate authority', () => {
  for (const [caKey, expected] of Object.entries(KEYS) as [keyof typeof KEYS, string | number][]) {
    it(`with ${caKey} issues what @sigstore/verify accepts`, async () => {
      const world = await testWorld({ caKey });
      try {
        const response = await fetch(`${world.url}/api/v2/trustBundle`);
        const { chains } = (await response.json()) as {
          chains: readonly { readonly certificates: readonly string[] }[];
        };
        const chain = (chains[0]?.certificates ?? []).map((pem) => new X509Certificate(pem));
        assert.equal(chain.length, 2);
        for (const { publicKey } of chain) {
          const { namedCurve, modulusLength } = publicKey.asymmetricKeyDetails ?? {};
          assert.equal(namedCurve ?? modulusLength, expected);
        }
        const document =
          'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: any }\nspec: { materials: [] }\n';
        await world.owner.applyContract({ document });
        await world.owner.createWorkflow({ project: 'p', name: 'w', contract: 'any' });
        const place = { project: 'p', workflow: 'w' };
        const attester = await startAttester({ client: world.owner, token: world.ownerToken, ...place });
        const predicate = attester.predicate([stringMaterial('note', 'x')]);
        const receipt = await world.owner.pushAttestation(attester.run.id, await attester.sign(predicate));
        const root = SigstoreRoot.fromJSON(JSON.parse(await world.owner.trustedRoot()));
        const verifier = new Verifier(toTrustMaterial(root));
        for (const text of [
          await world.owner.downloadBundle(receipt.runId),
          await world.owner.downloadVerdict(receipt.runId),
        ]) {
          verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(text))));
        }
      } finally {
        await world.close();
      }
    });
  }
});
