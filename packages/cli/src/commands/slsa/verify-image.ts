import { isCoded } from '@waybill/core';
import { parseBundle } from '@waybill/core/bundle';
import { utf8 } from '@waybill/core/bytes';
import type { Digest } from '@waybill/core/digest';
import { parseReference, type Reference } from '@waybill/core/oci';
import { type VerifiedProvenance, type VerifyProvenanceOptions, verifyProvenance } from '@waybill/core/slsa';
import { defineCommand } from '../../command.ts';
import { cliError, EXIT } from '../../exit.ts';
import { trustedRootFor, verifying } from '../../expectations.ts';
import { type AttachedBundle, attachedBundles } from '../../registry.ts';
import type { Session } from '../../session.ts';
import {
  BUILDER_OPTION,
  evidenceIn,
  PROVENANCE_OPTIONS,
  provenanceExpectations,
  reportProvenance,
} from '../../slsa-options.ts';

export const command = defineCommand({
  summary: 'Verify an image against SLSA provenance of GitHub; exit code 3 when it does not hold',
  arguments: [{ name: 'IMAGE', summary: 'The image by its digest: HOST/NAME@sha256:…', required: true }],
  options: {
    'provenance-path': {
      type: 'string',
      value: 'FILE',
      summary:
        'The provenance; without it what is attached to the image: Sigstore bundles, and what cosign attached before it wrote them',
    },
    ...PROVENANCE_OPTIONS,
    ...BUILDER_OPTION,
  },
  examples: [
    'waybill slsa verify-image registry.example.com/app@sha256:376e7e01348585b6e6643bc6663146b9d525d9b41228bf180eaeb4d4a3706caa --source-uri github.com/acme/app --trusted-root trusted_root.json',
    'waybill slsa verify-image registry.example.com/app@sha256:376e7e01348585b6e6643bc6663146b9d525d9b41228bf180eaeb4d4a3706caa --provenance-path app.intoto.jsonl --source-uri github.com/acme/app --source-tag v1.2.3 -o json',
  ],
  run: async (session, { options, args: [name = ''] }) => {
    const expected = provenanceExpectations(options);
    const reference = parseReference(name);
    const { digest: artifact } = reference;
    if (artifact === undefined) {
      throw cliError(
        'usage_invalid',
        `${name}: name the image by its digest; a tag may be another image tomorrow`,
      );
    }
    const trustedRoot = await trustedRootFor(session, options['trusted-root']);
    const candidates = await provenanceFor(
      session,
      { ...reference, digest: artifact },
      options['provenance-path'],
    );
    const found = await verifying(name, () =>
      firstThatHolds(candidates, { trustedRoot, artifact, expected, now: new Date() }),
    );
    reportProvenance(session, [{ name, found }], options['print-provenance']);
    return EXIT.ok;
  },
});

async function provenanceFor(
  session: Session,
  reference: Reference & { readonly digest: Digest },
  file: string | undefined,
): Promise<readonly AttachedBundle[]> {
  if (file !== undefined) {
    const bytes = utf8(await evidenceIn(session, file));
    return [() => parseBundle(bytes)];
  }
  const bundles = await attachedBundles(session, reference);
  if (bundles.length > 0) return bundles;
  throw cliError(
    'not_verified',
    `no attestation is attached to ${reference.digest} in ${reference.registry}/${reference.repository}: name a file with --provenance-path`,
  );
}

/** Anybody may attach anything, so what does not hold is passed over; when nothing does, the first says why. */
function firstThatHolds(
  candidates: readonly AttachedBundle[],
  options: VerifyProvenanceOptions,
): VerifiedProvenance {
  let refusal: unknown;
  for (const bundle of candidates) {
    try {
      return verifyProvenance(bundle(), options);
    } catch (error) {
      if (!isCoded(error)) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}
