/** Step 6: what anybody can check without this server, from the downloaded files alone. */
import { readFile } from 'node:fs/promises';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';

/** The independent verifier of the Sigstore project; throws when the bundle does not hold. Returns who signed. */
export async function verifyIndependently(files: {
  readonly bundle: string;
  readonly trustedRoot: string;
}): Promise<string> {
  const root = TrustedRoot.fromJSON(JSON.parse(await readFile(files.trustedRoot, 'utf8')));
  const bundle = bundleFromJSON(JSON.parse(await readFile(files.bundle, 'utf8')));
  const verifier = new Verifier(toTrustMaterial(root), {
    tlogThreshold: 1,
    ctlogThreshold: 1,
    tsaThreshold: 1,
  });
  const signer = verifier.verify(toSignedEntity(bundle));
  return signer.identity?.subjectAlternativeName ?? 'a key';
}
