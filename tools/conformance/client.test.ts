import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { digestOf } from '@waybill/core/digest';
import { sharedPath } from '@waybill/testkit';
import { openPlace, type Place } from '../../packages/server/interop/place.ts';

const CLIENT = join(import.meta.dirname, '../sigstore-conformance');
const cases = sharedPath('vectors', 'sigstore-conformance', 'bundle-verify');

let place: Place;
before(async () => {
  place = await openPlace();
});
after(() => place.close());

/** As the suite's runner calls it: arguments in the order of the protocol. */
const run = (...args: readonly string[]) => place.run(CLIENT, args);

const sign = async (options: readonly string[], bundle: string, file: string) => {
  const token = (await place.read('token')).toString();
  const trust = ['--trusted-root', 'root.json', '--signing-config', 'config.json'];
  return run('sign-bundle', ...options, '--identity-token', token, '--bundle', bundle, ...trust, file);
};
const verify = (bundle: string, subject: string, identity = place.identity) => {
  const whose = ['--certificate-identity', identity, '--certificate-oidc-issuer', place.issuer];
  return run('verify-bundle', '--bundle', bundle, ...whose, '--trusted-root', 'root.json', subject);
};

describe('tools/sigstore-conformance', () => {
  it('signs a file, and verifies it by path and by digest, for this identity only', async () => {
    await sign([], 'bundle.json', 'artifact');
    await verify('bundle.json', 'artifact');
    await verify('bundle.json', digestOf(await place.read('artifact')));
    await assert.rejects(verify('bundle.json', 'artifact', `${place.identity}2`), /verify_identity/);
    await assert.rejects(verify('bundle.json', `sha256:${'0'.repeat(64)}`), /verify_artifact/);
  });

  it('signs an in-toto statement', async () => {
    const artifact = digestOf(await place.read('artifact'));
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'artifact', digest: { sha256: artifact.slice('sha256:'.length) } }],
      predicateType: 'https://example.com/p/v1',
      predicate: {},
    };
    await place.write('statement.json', JSON.stringify(statement));
    await sign(['--in-toto'], 'dsse.json', 'statement.json');
    await verify('dsse.json', 'artifact');
    await assert.rejects(verify('dsse.json', 'statement.json'), /verify_artifact/);
  });

  it('refuses what it was not told: a root for staging, who must have signed, a command', async () => {
    const bundle = ['--bundle', 'bundle.json'];
    await assert.rejects(
      run('verify-bundle', '--staging', ...bundle, '--key', 'x', 'artifact'),
      /trusted-root/,
    );
    await assert.rejects(run('verify-bundle', ...bundle, 'artifact'), /--certificate-identity is missing/);
    await assert.rejects(run('attest', 'artifact'), /no such command/);
  });

  it('verifies a case of the suite under the production root where none is given', {
    skip: cases.skip,
  }, () => {
    const dir = join(cases.path ?? '', 'happy-path-v0.3');
    const identity =
      'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main';
    const verdict = (issuer: string) =>
      spawnSync(CLIENT, [
        'verify-bundle',
        '--bundle',
        join(dir, 'bundle.sigstore.json'),
        '--certificate-identity',
        identity,
        '--certificate-oidc-issuer',
        issuer,
        join(dir, '../../a.txt'),
      ]).status;
    assert.equal(verdict('https://token.actions.githubusercontent.com'), 0);
    assert.equal(verdict('https://elsewhere.example'), 1);
  });
});
