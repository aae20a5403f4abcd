import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { requirePeer } from '@waybill/testkit';
import { CLIENTS } from './clients.ts';
import { openPlace, type Place } from './place.ts';

const python = requirePeer('sigstore-python');
const PROVENANCE = 'https://slsa.dev/provenance/v1';

let place: Place;
before(async () => {
  place = await openPlace();
});
after(() => place.close());

const run = (...args: readonly string[]) => place.run(python.path ?? '', args);
const trusting = ['--trust-config', 'trust-config.json'];
const token = async () => ['--identity-token', (await place.read('token')).toString()];
const verify = (bundle: string, identity = place.identity) => {
  const whose = ['--cert-identity', identity, '--cert-oidc-issuer', place.issuer];
  return run(...trusting, 'verify', 'identity', '--bundle', bundle, ...whose, 'artifact');
};
const whose = () => ['--certificate-identity', place.identity, '--certificate-oidc-issuer', place.issuer];

describe('sigstore-python', { skip: python.skip }, () => {
  it('is the version that the page names', async () => {
    const { stdout } = await run('--version');
    assert.equal(stdout.trim(), `sigstore ${CLIENTS['sigstore-python.test.ts']?.version}`);
  });

  it('signs a file and verifies it, for this identity only; waybill verifies it too', async () => {
    await run(...trusting, 'sign', ...(await token()), '--bundle', 'py.json', 'artifact');
    await verify('py.json');
    await assert.rejects(verify('py.json', `${place.identity}2`), /identity/i);
    await place.waybill('verify', 'artifact', '--bundle', 'py.json', ...whose());
  });

  it('attests a file and verifies it; waybill verifies it too', async () => {
    await place.write('predicate.json', JSON.stringify(provenance()));
    const stated = ['--predicate', 'predicate.json', '--predicate-type', PROVENANCE];
    await run(...trusting, 'attest', ...(await token()), ...stated, '--bundle', 'py-att.json', 'artifact');
    await verify('py-att.json');
    await place.waybill('verify', 'artifact', '--bundle', 'py-att.json', ...whose());
  });

  it('verifies what waybill sign and attest-blob wrote', async () => {
    const as = ['--project', 'demo', '--workflow', 'build'];
    await place.write('ours.json', '{}');
    await place.waybill('sign', 'artifact', ...as);
    await verify('artifact.sigstore.json');
    const stated = ['--predicate', 'ours.json', '--type', PROVENANCE];
    await place.waybill('attest-blob', 'artifact', ...stated, '--bundle', 'ours-att.json', ...as);
    await verify('ours-att.json');
  });
});

/** The least that it takes for one: it reads the predicate by its model. */
function provenance() {
  return {
    buildDefinition: {
      buildType: 'https://example.com/build/v1',
      externalParameters: {},
    },
    runDetails: { builder: { id: 'https://example.com/builder' } },
  };
}
