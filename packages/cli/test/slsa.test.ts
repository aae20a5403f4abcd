/** Provenance of others, offline, by the words of slsa-verifier. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { sharedPath } from '@waybill/testkit';
import { waybill, workspace } from './program.ts';

const evidence = sharedPath('evidence');
const skip = evidence.skip;
const at = (...names: readonly string[]) => path.join(evidence.path ?? '', ...names);
const ROOT = ['--trusted-root', at('sigstore-root/targets/trusted_root.json')];
const BINARY = 'sha256:376e7e01348585b6e6643bc6663146b9d525d9b41228bf180eaeb4d4a3706caa';

const flags = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]);

async function judged(words: readonly string[], expected: number, reason: RegExp): Promise<string> {
  await using place = await workspace();
  const { code, stdout, stderr } = await waybill(words, { cwd: place.dir });
  assert.equal(code, expected, stderr);
  assert.match(code === 0 ? stdout : stderr, reason);
  return stdout;
}

describe('waybill slsa verify-artifact', { skip }, () => {
  const words = (...more: readonly string[]) => [
    'slsa',
    'verify-artifact',
    BINARY,
    '--provenance-path',
    at('slsa/gha_generic/v2.1.0/binary-linux-amd64-push-v14.intoto.jsonl'),
    ...ROOT,
    ...more,
  ];
  const source = ['--source-uri', 'github.com/slsa-framework/example-package'];

  it('says builder, level with its reason, source and signer', async () => {
    const out = await judged(words(...source, '--source-versioned-tag', 'v14', '-o', 'json'), 0, /verified/);
    const [fact] = JSON.parse(out) as { builder: { level: number }; source: { ref: string } }[];
    assert.deepEqual([fact?.builder.level, fact?.source.ref], [3, 'refs/tags/v14']);
    const statement = await judged(words(...source, '--print-provenance'), 0, /buildType/);
    assert.equal((JSON.parse(statement) as { _type: string })._type, 'https://in-toto.io/Statement/v0.1');
  });

  it('ends with 3 for what it refuses, and with 2 for what is not expected of anybody', async () => {
    await judged(words('--source-uri', 'github.com/acme/app'), 3, /slsa_source/);
    await judged(words(...source, '--source-tag', 'v15'), 3, /slsa_ref/);
    await judged(words(...source, '--build-workflow-input', 'release=yes'), 3, /slsa_inputs/);
    await judged(words(...source, '--builder-id', 'https://example.com/builder'), 3, /slsa_builder/);
    await judged(words(...source, '--build-workflow-input', '=yes'), 2, /expected NAME=VALUE/);
    await judged(words(), 2, /needs --source-uri/);
  });
});

describe('waybill slsa verify-npm-package and verify-vsa', { skip }, () => {
  it('need the key of the registry and the name of the package', async () => {
    await using place = await workspace();
    const key = path.join(place.dir, 'npm.pub');
    // registry.npmjs.org/-/npm/v1/keys
    const spki =
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1Olb3zMAFFxXKHiIkQO5cJ3Yhl5i6UPp+IhuteBJbuHcA5UogKo0EWtlWwW6KSaKoTNEYL7JlCQiVnkhBktUgg==';
    await writeFile(key, `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----\n`);
    const words = (version: string) => [
      'slsa',
      'verify-npm-package',
      'sha512:f06fbf5c353cc0db093904b9cac0d53b412d83dff6b80e6047d9786708a38e5c3105cad4e913dfc22dbe8c999b3fe029d47969fe75406843b8163db6fd22f681',
      ...flags({
        'attestations-path': at('slsa/npm/gha/provenance-npm-test-cli-v1-prega.tgz.json'),
        'registry-key': key,
        'package-name': 'sigstore',
        'package-version': version,
        'source-uri': 'github.com/sigstore/sigstore-js',
        'source-branch': 'main',
        'builder-id': 'https://github.com/actions/runner/github-hosted',
      }),
      ...ROOT,
    ];
    await judged(words('2.3.1'), 0, /at most 2: the job itself asks for the certificate/);
    await judged(words('2.3.2'), 3, /slsa_package/);
  });

  it('verify a summary of another verifier', async () => {
    const words = (level: string) => [
      'slsa',
      'verify-vsa',
      ...flags({
        'attestation-path': at('slsa/vsa/gce/v1/gke-gce-pre.bcid-vsa.jsonl'),
        'public-key-path': at('slsa/vsa/gce/v1/vsa_signing_public_key.pem'),
        'subject-digest': 'gce_image_id:8970095005306000053',
        'verified-level': level,
        'verifier-id': 'https://bcid.corp.google.com/verifier/bcid_package_enforcer/v0.1',
        'resource-uri': 'gce_image://gke-node-images:gke-12615-gke1418000-cos-101-17162-463-29-c-cgpv1-pre',
      }),
    ];
    await judged(words('SLSA_BUILD_LEVEL_1'), 0, /BCID_L1 SLSA_BUILD_LEVEL_2/);
    await judged(words('SLSA_BUILD_LEVEL_3'), 3, /slsa_vsa/);
  });
});
