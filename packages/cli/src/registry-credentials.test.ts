import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { testSession } from '../test/session.ts';
import { registryCredentials } from './registry-credentials.ts';

const REGISTRY = '123.dkr.ecr.eu-west-1.amazonaws.com';

/** A helper as ecr-login is one: it knows one registry. */
const HELPER = `#!/bin/sh
read registry
if [ "$1 $registry" = "get ${REGISTRY}" ]; then echo '{"ServerURL":"x","Username":"AWS","Secret":"s3cret"}'; exit; fi
if [ "$registry" = broken.example ]; then echo 'half of a s3cret' >&2; exit 2; fi
echo 'credentials not found in native keychain'; exit 1
`;

describe('registryCredentials', () => {
  it('asks the credential helper that the Docker configuration names, and shows nothing of its answer', async () => {
    await using session = await testSession();
    const bin = path.join(session.cwd, 'bin');
    await mkdir(bin);
    await writeFile(path.join(bin, 'docker-credential-test-login'), HELPER);
    await chmod(path.join(bin, 'docker-credential-test-login'), 0o755);
    const auth = Buffer.from('me:mine').toString('base64');
    const config = {
      auths: { 'ghcr.io': { auth }, [REGISTRY]: {} },
      credHelpers: { 'gone.example': 'gone', 'evil.example': '../evil' },
      credsStore: 'test-login',
    };
    await writeFile(path.join(session.cwd, 'config.json'), JSON.stringify(config));
    const env = { ...session.env, DOCKER_CONFIG: session.cwd, PATH: `${bin}:${session.env['PATH']}` };
    const of = async (registry: string, more: NodeJS.ProcessEnv = {}) => {
      const found = await registryCredentials({ ...session, env: { ...env, ...more } }, registry);
      return found && `${found.username}:${found.password.reveal()}`;
    };
    assert.equal(await of(REGISTRY), 'AWS:s3cret');
    // The store has none: what stands in the file counts, else nobody signs in.
    assert.equal(await of('ghcr.io'), 'me:mine');
    assert.equal(await of('docker.example'), undefined);
    const given = {
      WAYBILL_REGISTRY: REGISTRY,
      WAYBILL_REGISTRY_USERNAME: 'a',
      WAYBILL_REGISTRY_PASSWORD: 'b',
    };
    assert.equal(await of(REGISTRY, given), 'a:b');
    for (const [registry, code, says] of [
      ['gone.example', 'cli_credential_helper', /docker-credential-gone .*not on the PATH/],
      ['broken.example', 'cli_credential_helper', /ended with an error/],
      ['evil.example', 'oci_client_config_invalid', /name of a credential helper/],
    ] as const) {
      await assert.rejects(of(registry), (error: unknown) => {
        assert.ok(isCoded(error, code) && says.test(error.message), String(error));
        return !error.message.includes('s3cret');
      });
    }
  });
});
