import { parseNpmAttestations, verifyNpmPackage } from '@waybill/core/slsa';
import { defineCommand } from '../../command.ts';
import { EXIT } from '../../exit.ts';
import { publicKeyIn, trustedRootFor, verifying } from '../../expectations.ts';
import {
  artifactNamed,
  evidenceIn,
  PROVENANCE_OPTIONS,
  provenanceExpectations,
  reportProvenance,
} from '../../slsa-options.ts';

export const command = defineCommand({
  summary:
    'Verify an npm package against its provenance and what the registry published; exit code 3 when it does not hold',
  arguments: [
    { name: 'TARBALL', summary: 'The package as npm pack fetched it, or sha512:…', required: true },
  ],
  options: {
    'attestations-path': {
      type: 'string',
      value: 'FILE',
      required: true,
      summary: 'What registry.npmjs.org/-/npm/v1/attestations/NAME@VERSION answers',
    },
    'registry-key': {
      type: 'string',
      value: 'FILE',
      required: true,
      summary: 'Public key of the registry in PEM, of registry.npmjs.org/-/npm/v1/keys',
    },
    'package-name': { type: 'string', value: 'NAME', required: true, summary: 'Which package it must be' },
    'package-version': {
      type: 'string',
      value: 'VERSION',
      required: true,
      summary: 'Which version it must be',
    },
    'builder-id': {
      type: 'string',
      value: 'ID',
      required: true,
      summary: 'Builder: https://github.com/actions/runner/github-hosted for npm publish --provenance',
    },
    ...PROVENANCE_OPTIONS,
  },
  examples: [
    'waybill slsa verify-npm-package app-1.2.3.tgz --attestations-path app.json --registry-key npm.pub --package-name app --package-version 1.2.3 --source-uri github.com/acme/app --builder-id https://github.com/actions/runner/github-hosted --trusted-root trusted_root.json',
    'waybill slsa verify-npm-package app-1.2.3.tgz --attestations-path app.json --registry-key npm.pub --package-name @acme/app --package-version 1.2.3 --source-uri github.com/acme/app --source-versioned-tag v1 --builder-id https://github.com/actions/runner/github-hosted -o json',
  ],
  run: async (session, { options, args: [name = ''] }) => {
    const expected = provenanceExpectations(options);
    const registryKey = await publicKeyIn(session, options['registry-key']);
    const trustedRoot = await trustedRootFor(session, options['trusted-root']);
    const text = await evidenceIn(session, options['attestations-path']);
    const artifact = await artifactNamed(session, name);
    const found = await verifying(name, () =>
      verifyNpmPackage(parseNpmAttestations(text), {
        trustedRoot,
        artifact,
        expected,
        now: new Date(),
        registryKey,
        package: { name: options['package-name'], version: options['package-version'] },
      }),
    );
    reportProvenance(session, [{ name, found }], options['print-provenance']);
    return EXIT.ok;
  },
});
