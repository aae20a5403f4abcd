import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf } from '@waybill/core';
import { oidcError } from '../errors.ts';
import { readIdentityToken } from '../identity-token.ts';
import type { Provider } from './provider.ts';

const run = promisify(execFile);
const LIMITS = { timeout: 30_000, maxBuffer: 100_000, encoding: 'utf8' } as const;

/** The agent asks for the token: buildkite.com "buildkite-agent oidc". A job in a container without it has none. */
export const buildkite: Provider = async ({ env, audience, now }) => {
  if (env['BUILDKITE'] !== 'true') return null;
  const words = ['oidc', 'request-token', '--audience', await audience()];
  try {
    const { stdout } = await run('buildkite-agent', words, { ...LIMITS, env: { ...env } });
    return readIdentityToken(stdout, { from: 'buildkite-agent', now });
  } catch (cause) {
    if (!(cause instanceof Error) || !('stderr' in cause)) throw cause;
    if ('code' in cause && cause.code === 'ENOENT') return null;
    const said = String(cause.stderr).trim().slice(-300) || messageOf(cause);
    throw oidcError('oidc_refused', `buildkite-agent gave this job no token: ${said}`, { cause });
  }
};
