import { parseEnvelope } from '@waybill/core/dsse';
import { verifyVsa } from '@waybill/core/slsa';
import { defineCommand } from '../../command.ts';
import { cliError, EXIT } from '../../exit.ts';
import { publicKeyIn, verifying } from '../../expectations.ts';
import { listing } from '../../output.ts';
import { evidenceIn } from '../../slsa-options.ts';

export const command = defineCommand({
  summary: 'Verify a verification summary (VSA) signed by a key; exit code 3 when it does not hold',
  options: {
    'attestation-path': {
      type: 'string',
      value: 'FILE',
      required: true,
      summary: 'The summary: a DSSE envelope',
    },
    'subject-digest': {
      type: 'string',
      value: 'ALGORITHM:VALUE',
      required: true,
      summary: 'What it must be about: sha256:…, or a form of its own such as gce_image_id:…',
    },
    'verifier-id': { type: 'string', value: 'URI', required: true, summary: 'Who must have verified' },
    'resource-uri': {
      type: 'string',
      value: 'URI',
      required: true,
      summary: 'As what it must have been verified',
    },
    'verified-level': {
      type: 'string',
      value: 'LEVEL',
      multiple: true,
      summary: 'Level that must be verified; SLSA_BUILD_LEVEL_3 stands for 1 and 2 too',
    },
    'public-key-path': {
      type: 'string',
      value: 'FILE',
      required: true,
      summary: 'Public key of the verifier',
    },
  },
  examples: [
    'waybill slsa verify-vsa --attestation-path app.vsa.json --subject-digest sha256:376e7e01348585b6e6643bc6663146b9d525d9b41228bf180eaeb4d4a3706caa --verifier-id https://verifier.example.com --resource-uri https://example.com/app --verified-level SLSA_BUILD_LEVEL_2 --public-key-path verifier.pub',
    'waybill slsa verify-vsa --attestation-path image.vsa.jsonl --subject-digest gce_image_id:8970095005306000053 --verifier-id https://verifier.example.com --resource-uri gce_image://project:image --verified-level BCID_L1 --public-key-path verifier.pub -o json',
  ],
  run: async (session, { options }) => {
    const { 'verified-level': verifiedLevels, 'attestation-path': name } = options;
    if (verifiedLevels.length === 0) {
      throw cliError(
        'usage_missing',
        'say which level must be verified: --verified-level SLSA_BUILD_LEVEL_2',
      );
    }
    const publicKey = await publicKeyIn(session, options['public-key-path']);
    const text = await evidenceIn(session, name);
    const { summary } = await verifying(name, () =>
      verifyVsa(parseEnvelope(text), {
        publicKey,
        subjectDigest: options['subject-digest'],
        verifierId: options['verifier-id'],
        resourceUri: options['resource-uri'],
        verifiedLevels,
      }),
    );
    const { output } = session;
    output.data({ verified: true, summary }, () =>
      listing([
        [name, output.paint('green', 'verified')],
        ['resource', summary.resourceUri],
        ['levels', summary.verifiedLevels.join(' ')],
        ['verified at', summary.timeVerified],
        ['policy', summary.policy.uri ?? null],
      ]),
    );
    return EXIT.ok;
  },
});
