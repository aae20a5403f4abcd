import { createClient } from '@waybill/api/client';
import type { Secret } from '@waybill/core';
import type { Session } from './session.ts';

/** The workflow that a job wants to be. */
export interface PipelineWorkflow {
  /** WAYBILL_ORGANIZATION, or `default`, unless told. */
  readonly organization?: string;
  readonly project: string;
  readonly workflow: string;
}

/**
 * What the server gives for the token that the CI system gives to this job; null where there is none. Asked for anew
 * by each command, so that nothing lies about between them. Throws `oidc_…`.
 */
export async function exchangedPipelineToken(
  { env, fetch, output }: Session,
  url: string,
  { organization = env['WAYBILL_ORGANIZATION'] || 'default', project, workflow }: PipelineWorkflow,
): Promise<Secret<string> | null> {
  const { exchangePipelineToken, pipelineToken } = await import('@waybill/clients/oidc');
  const ask = async () => {
    // The server's own name, which may be another than the address that it is reached by here.
    const server = await createClient({ url, fetch }).info();
    return `${server.url}/${organization}`;
  };
  const own = await pipelineToken({ env, now: new Date(), fetch, audience: ask });
  if (own === null) return null;
  output.note(
    `no API token is set: this job signs in by its CI system's own token as ${organization}/${project}/${workflow}`,
  );
  const { token } = await exchangePipelineToken({
    url,
    jwt: own.jwt,
    fetch,
    workflow: { organization, project, name: workflow },
  });
  return token;
}
