import { execFile } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { type Credentials, credentialsFromHelper, type DockerAuth, dockerAuth } from '@waybill/clients/oci';
import { Secret } from '@waybill/core';
import { cliError } from './exit.ts';
import { codeOf, readIfPresent } from './files.ts';
import type { Session } from './session.ts';

const HELPER_LIMIT_MS = 30_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * What this job has for a registry: WAYBILL_REGISTRY…, else what the Docker configuration says, by its credential helper
 * where it names one. Undefined: anonymous. Throws `oci_client_config_invalid`, `cli_credential_helper`.
 */
export async function registryCredentials(
  { env }: Session,
  registry: string,
): Promise<Credentials | undefined> {
  const { WAYBILL_REGISTRY_USERNAME: username, WAYBILL_REGISTRY_PASSWORD: password } = env;
  if (env['WAYBILL_REGISTRY'] === registry && username && password)
    return { username, password: new Secret(password) };
  const directory = env['DOCKER_CONFIG'] ?? path.join(env['HOME'] ?? os.homedir(), '.docker');
  const text = await readIfPresent(path.join(directory, 'config.json'));
  if (text === null) return undefined;
  const { helper, credentials } = dockerAuth(text, registry);
  const helped = helper === undefined ? null : await askHelper(helper, registry, env);
  return helped === null ? credentials : credentialsFromHelper(helped);
}

/** docker-credential-helpers: the registry on standard input, JSON on standard output. null: it has none. */
function askHelper(
  { name, own }: NonNullable<DockerAuth['helper']>,
  registry: string,
  env: NodeJS.ProcessEnv,
): Promise<string | null> {
  const program = `docker-credential-${name}`;
  const limits = { env, timeout: HELPER_LIMIT_MS, maxBuffer: MAX_ANSWER_BYTES };
  return new Promise((resolve, reject) => {
    const child = execFile(program, ['get'], limits, (error, stdout) => {
      if (error === null) resolve(stdout);
      else if (/credentials not found/i.test(stdout)) resolve(null);
      // The store of a desktop, in a configuration that was copied to a machine without one.
      else if (codeOf(error) === 'ENOENT' && !own) resolve(null);
      else reject(helperFailed(program, registry, error));
    });
    // One that ends before it has read its question says why by its exit.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(registry);
  });
}

/** What it wrote is not shown: it may be a part of a secret. */
function helperFailed(program: string, registry: string, error: Error) {
  const why =
    codeOf(error) === 'ENOENT' ? 'it is not on the PATH' : 'it ended with an error, or did not end in 30 s';
  return cliError(
    'cli_credential_helper',
    `the Docker configuration says that ${program} has the credentials for ${registry}, but ${why}: run ${program} get by hand, or set WAYBILL_REGISTRY with _USERNAME and _PASSWORD`,
    { cause: error },
  );
}
