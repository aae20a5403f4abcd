import { parseBundle } from '@waybill/core/bundle';
import { verifyProvenance } from '@waybill/core/slsa';
import { defineCommand } from '../../command.ts';
import { EXIT } from '../../exit.ts';
import { trustedRootFor, verifying } from '../../expectations.ts';
import {
  artifactNamed,
  BUILDER_OPTION,
  evidenceIn,
  PROVENANCE_OPTIONS,
  provenanceExpectations,
  reportProvenance,
} from '../../slsa-options.ts';

export const command = defineCommand({
  summary: 'Verify files against SLSA provenance of GitHub; exit code 3 when it does not hold',
  arguments: [{ name: 'ARTIFACT', summary: 'File, or sha256:…', required: true, multiple: true }],
  options: {
    'provenance-path': {
      type: 'string',
      value: 'FILE',
      required: true,
      summary: 'The provenance: a Sigstore bundle (.intoto.jsonl, .build.slsa, .sigstore.json)',
    },
    ...PROVENANCE_OPTIONS,
    ...BUILDER_OPTION,
  },
  examples: [
    'waybill slsa verify-artifact app --provenance-path app.intoto.jsonl --source-uri github.com/acme/app --source-tag v1.2.3 --trusted-root trusted_root.json',
    'waybill slsa verify-artifact app.jar --provenance-path app.jar.build.slsa --source-uri github.com/acme/app --builder-id https://github.com/slsa-framework/slsa-github-generator/.github/workflows/builder_maven_slsa3.yml --trusted-root trusted_root.json',
  ],
  run: async (session, { options, args }) => {
    const expected = provenanceExpectations(options);
    const trustedRoot = await trustedRootFor(session, options['trusted-root']);
    const text = await evidenceIn(session, options['provenance-path']);
    const now = new Date();
    const proven = [];
    for (const name of args) {
      const artifact = await artifactNamed(session, name);
      const found = await verifying(name, () =>
        verifyProvenance(parseBundle(text), { trustedRoot, artifact, expected, now }),
      );
      proven.push({ name, found });
    }
    reportProvenance(session, proven, options['print-provenance']);
    return EXIT.ok;
  },
});
