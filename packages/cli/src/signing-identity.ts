import path from 'node:path';
import type { IdentityToken } from '@waybill/clients/oidc';
import { connectIfKnown } from './connection.ts';
import { cliError } from './exit.ts';
import { readNamed } from './files.ts';
import { nameOf } from './names.ts';
import type { Session } from './session.ts';

interface IdentityValues {
  readonly 'identity-token': string | undefined;
  readonly project: string | undefined;
  readonly workflow: string | undefined;
}

/**
 * Who signs keyless: the token that is given, the named workflow, what the CI system says of this job, or the one
 * workflow that the API token reaches. Throws `usage_…`, `oidc_…`, `cli_no_identity`.
 */
export async function identityOf(session: Session, values: IdentityValues): Promise<IdentityToken> {
  const { 'identity-token': given, project, workflow } = values;
  if ((project === undefined) !== (workflow === undefined)) {
    throw cliError('usage_missing', '--project and --workflow belong together');
  }
  if (given !== undefined && project !== undefined) {
    throw cliError('usage_invalid', 'give --identity-token or a workflow, not both');
  }
  const { ambientToken, readIdentityToken } = await import('@waybill/clients/oidc');
  const now = new Date();
  if (given !== undefined) {
    const text = looksLikeToken(given) ? given : await readNamed(path.resolve(session.cwd, given));
    return readIdentityToken(text, { from: '--identity-token', now });
  }
  const ambient =
    project === undefined ? await ambientToken({ env: session.env, now, fetch: session.fetch }) : null;
  return ambient ?? (await exchanged(session, project, workflow));
}

function looksLikeToken(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text) && text.length > 100;
}

async function exchanged(
  session: Session,
  project: string | undefined,
  workflow: string | undefined,
): Promise<IdentityToken> {
  const connection = await connectIfKnown(session);
  if (connection === null) throw noIdentity(session);
  const { exchangeToken } = await import('@waybill/clients/oidc');
  const { url, token, fetch } = connection;
  if (project === undefined || workflow === undefined) return exchangeToken({ url, token, fetch });
  const named = { project: nameOf(project, '--project'), name: nameOf(workflow, '--workflow') };
  return exchangeToken({ url, token, fetch, workflow: named });
}

function noIdentity({ env }: Session) {
  const github =
    env['GITHUB_ACTIONS'] === 'true'
      ? ' GitHub Actions gives this job no identity token: add "permissions: { id-token: write }" to the job.'
      : '';
  return cliError(
    'cli_no_identity',
    `nobody to sign as: give --key, or --identity-token, or set SIGSTORE_ID_TOKEN, or log in with an API token to sign as a workflow.${github}`,
  );
}
