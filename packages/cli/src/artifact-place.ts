import { connectForRun, RUN_OPTIONS } from './attestation-options.ts';
import type { OptionValues } from './command.ts';
import type { Connection } from './connection.ts';
import type { Session } from './session.ts';

/** The workflow whose repository holds an artifact. */
export const ARTIFACT_OPTIONS = { project: RUN_OPTIONS.project, workflow: RUN_OPTIONS.workflow } as const;

/** The repository of the named workflow, where the materials of its runs are too. Throws `usage_…`. */
export async function artifactPlace(
  session: Session,
  { project, workflow }: OptionValues<typeof ARTIFACT_OPTIONS>,
): Promise<{ readonly connection: Connection; readonly repository: string }> {
  const none = { version: undefined, expires: undefined, 'contract-revision': undefined };
  const { connection, wanted } = await connectForRun(session, { project, workflow, ...none });
  const { organization } = await connection.client.me();
  return { connection, repository: `${organization}/${wanted.project}/${wanted.workflow}` };
}
