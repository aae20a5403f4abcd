import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { parseBundle } from '@waybill/core/bundle';
import { parseTrustedRoot } from '@waybill/core/trust';
import { verifyBundle } from '@waybill/core/verify';
import { requirePeer } from '@waybill/testkit';
import { CLIENTS } from './clients.ts';
import { openPlace, type Place } from './place.ts';

const cosign = requirePeer('cosign');
const TYPE = 'https://waybill.dev/attestation/run/v1';
const PASSWORD = { COSIGN_PASSWORD: 'correct horse' };

let place: Place;
before(async () => {
  place = await openPlace();
  await place.write('predicate.json', '{"built":"here"}');
});
after(() => place.close());

const run = (...args: readonly string[]) => place.run(cosign.path ?? '', args, PASSWORD);
const services = () => [
  '--yes',
  '--signing-config',
  place.at('config.json'),
  '--trusted-root',
  place.at('root.json'),
];
const keyless = () => [...services(), '--identity-token', place.at('token')];
const whose = (identity = place.identity) => [
  '--certificate-identity',
  identity,
  '--certificate-oidc-issuer',
  place.issuer,
];
const trusting = (identity?: string) => ['--trusted-root', place.at('root.json'), ...whose(identity)];
const byKey = () => [
  '--trusted-root',
  place.at('root.json'),
  '--key',
  'cosign.pub',
  '--use-signed-timestamps',
];
const stated = ['--predicate', 'predicate.json', '--type', TYPE];

describe('cosign', { skip: cosign.skip }, () => {
  it('is the version that the page names', async () => {
    assert.match(
      (await run('version')).stdout,
      new RegExp(`GitVersion: +${CLIENTS['cosign.test.ts']?.version}`),
    );
  });

  it('signs a file keyless and verifies it, for this identity only', async () => {
    await run('sign-blob', ...keyless(), '--bundle', 'blob.json', 'artifact');
    await run('verify-blob', ...trusting(), '--bundle', 'blob.json', 'artifact');
    const other = run('verify-blob', ...trusting(`${place.identity}2`), '--bundle', 'blob.json', 'artifact');
    await assert.rejects(other, /no matching CertificateIdentity/);
    const { issuer, identity } = place;
    const proven = verifyBundle(parseBundle(await place.read('blob.json')), {
      trustedRoot: parseTrustedRoot(await place.read('root.json')),
      expectations: { type: 'identity', issuer, subject: identity },
      artifact: await place.read('artifact'),
    });
    assert.ok(proven.logged !== null && proven.signedAt !== null);
  });

  it('attests a file keyless and verifies the attestation', async () => {
    await run('attest-blob', ...keyless(), ...stated, '--bundle', 'att.json', 'artifact');
    const about = ['--bundle', 'att.json', '--type', TYPE, 'artifact'];
    await run('verify-blob-attestation', ...trusting(), ...about);
    await place.waybill('verify', 'artifact', '--bundle', 'att.json', ...whose());
  });

  it('signs and attests an image in our registry keyless, and verifies both', async () => {
    const image = await place.pushImage('keyless');
    await assert.rejects(run('verify', ...trusting(), image));
    await run('sign', ...keyless(), image);
    await run('verify', ...trusting(), image);
    await run('attest', ...keyless(), ...stated, image);
    await run('verify-attestation', ...trusting(), '--type', TYPE, image);
  });

  it('signs a file and an image with a key, logged and timestamped, and verifies them', async () => {
    await run('generate-key-pair');
    await run('sign-blob', ...services(), '--key', 'cosign.key', '--bundle', 'key.json', 'artifact');
    await run('verify-blob', ...byKey(), '--bundle', 'key.json', 'artifact');
    await place.waybill('verify', 'artifact', '--bundle', 'key.json', '--key', 'cosign.pub');
    const image = await place.pushImage('key');
    await run('sign', ...services(), '--key', 'cosign.key', image);
    await run('verify', ...byKey(), image);
  });

  it('verifies what waybill sign wrote: file, image, statement; keyless and by its own key file', async () => {
    const as = ['--project', 'demo', '--workflow', 'build'];
    await place.waybill('sign', 'artifact', ...as);
    await run('verify-blob', ...trusting(), '--bundle', 'artifact.sigstore.json', 'artifact');
    const image = await place.pushImage('ours');
    await place.waybill('sign', image, ...as);
    await run('verify', ...trusting(), image);
    await place.waybill('attest-blob', 'artifact', ...stated, '--bundle', 'ours.json', ...as);
    await run('verify-blob-attestation', ...trusting(), '--bundle', 'ours.json', '--type', TYPE, 'artifact');
    await place.waybill('sign', 'artifact', '--key', 'cosign.key', '--bundle', 'by-key.json');
    await run('verify-blob', ...byKey(), '--bundle', 'by-key.json', 'artifact');
  });

  it('verifies what waybill signed by other keys than its own, P-256 and RSA: file and statement', async () => {
    for (const { privateKey, publicKey } of [
      generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      generateKeyPairSync('rsa', { modulusLength: 3072 }),
    ]) {
      await place.write('other.key', privateKey.export({ format: 'pem', type: 'pkcs8' }));
      await place.write('cosign.pub', publicKey.export({ format: 'pem', type: 'spki' }));
      await place.waybill('sign', 'artifact', '--key', 'other.key', '--bundle', 'other.json');
      await run('verify-blob', ...byKey(), '--bundle', 'other.json', 'artifact');
      const options = ['--key', 'other.key', '--bundle', 'stated.json'];
      await place.waybill('attest-blob', 'artifact', ...stated, ...options);
      await run('verify-blob-attestation', ...byKey(), '--bundle', 'stated.json', '--type', TYPE, 'artifact');
    }
  });
});
