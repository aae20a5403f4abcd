import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { requirePeer } from '@waybill/testkit';
import sigstore from 'sigstore';
import { openPlace, type Place } from './place.ts';

const python = requirePeer('sigstore-python');
const cosign = requirePeer('cosign');

let place: Place;
before(async () => {
  place = await openPlace();
  const root = await fetch(`${place.world.url}/tuf/root.json`);
  assert.equal(root.status, 200);
  await place.write('tuf-root.json', await root.bytes());
});
after(() => place.close());

const mirror = () => `${place.world.url}/tuf`;

describe('clients that are told one URL and one root', () => {
  it('Python `sigstore --instance` signs and verifies', { skip: python.skip }, async () => {
    const run = (...args: readonly string[]) =>
      place.run(python.path ?? '', ['--instance', mirror(), ...args]);
    await run('trust-instance', 'tuf-root.json');
    const token = (await place.read('token')).toString();
    await run('sign', '--identity-token', token, '--bundle', 'py.json', 'artifact');
    const whose = ['--cert-identity', place.identity, '--cert-oidc-issuer', place.issuer];
    await run('verify', 'identity', '--bundle', 'py.json', ...whose, 'artifact');
  });

  it('cosign after `initialize` signs and verifies an image without a flag for any service', {
    skip: cosign.skip,
  }, async () => {
    const run = (...args: readonly string[]) => place.run(cosign.path ?? '', args);
    await run('initialize', '--mirror', mirror(), '--root', 'tuf-root.json');
    const image = await place.pushImage('tuf');
    await run('sign', '--yes', '--identity-token', 'token', image);
    const whose = ['--certificate-identity', place.identity, '--certificate-oidc-issuer', place.issuer];
    await run('verify', ...whose, image);
  });

  it('npm `sigstore.verify` verifies what `waybill sign` wrote', async () => {
    await place.waybill('sign', 'artifact', '--project', 'demo', '--workflow', 'build');
    const bundle = JSON.parse((await place.read('artifact.sigstore.json')).toString()) as sigstore.Bundle;
    await sigstore.verify(bundle, await place.read('artifact'), {
      tufMirrorURL: mirror(),
      tufRootPath: place.at('tuf-root.json'),
      tufCachePath: place.at('tuf-cache'),
      certificateIssuer: place.issuer,
      certificateIdentityURI: place.identity,
    });
  });
});
