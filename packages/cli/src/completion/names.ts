import type { Client } from '@waybill/api/client';
import { connectIfKnown } from '../connection.ts';
import type { Session } from '../session.ts';

type Options = ReadonlyMap<string, string>;

/** Names that only the server knows; none where nobody is logged in or it does not answer at once. */
export interface Names {
  projects(options: Options): Promise<readonly string[]>;
  /** Those of the project that is given; else with their project, `PROJECT/WORKFLOW`. */
  workflows(options: Options): Promise<readonly string[]>;
}

/** A person waits for it at a key press. */
const PATIENCE_MS = 1000;

export function namesOfServer(session: Session): Names {
  return {
    projects: (options) =>
      asked(session, options, async (client) =>
        (await client.listProjects({})).projects.map(({ name }) => name),
      ),
    workflows: (options) =>
      asked(session, options, async (client) => {
        const project = options.get('project');
        const { workflows } = await client.listWorkflows(project === undefined ? {} : { project });
        return workflows.map((one) => (project === undefined ? `${one.project}/${one.name}` : one.name));
      }),
  };
}

async function asked(
  session: Session,
  options: Options,
  ask: (client: Client) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const [server, file] = [options.get('server'), options.get('token-file')];
  const globals = {
    ...(server !== undefined && { server }),
    ...(file !== undefined && { 'token-file': file }),
  };
  const late = AbortSignal.timeout(PATIENCE_MS);
  const fetch: Session['fetch'] = (url, init) => session.fetch(url, { ...init, signal: late });
  try {
    const connection = await connectIfKnown({ ...session, globals, fetch });
    return connection === null ? [] : await ask(connection.client);
  } catch {
    // Nothing to offer is no error: the command itself will say what is wrong.
    return [];
  }
}
