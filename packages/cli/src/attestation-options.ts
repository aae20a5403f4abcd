import type { StartRun } from '@waybill/api';
import type { Client, WorkflowName } from '@waybill/api/client';
import type { Terminal } from './ask.ts';
import type { OptionSpecs, OptionValues } from './command.ts';
import { type Connection, connect } from './connection.ts';
import { cliError } from './exit.ts';
import { revisionOf, secondsOf } from './numbers.ts';
import type { Session } from './session.ts';
import { OPTIONAL_WORKFLOW, workflowNameOf } from './workflow-option.ts';

/** Which workflow is run, and under which contract. */
export const RUN_OPTIONS = {
  ...OPTIONAL_WORKFLOW,
  workflow: {
    ...OPTIONAL_WORKFLOW.workflow,
    summary: `${OPTIONAL_WORKFLOW.workflow.summary}; with a token of one workflow both may be left out`,
  },
  version: { type: 'string', value: 'VERSION', summary: 'Version of the project that the run is of' },
  expires: {
    type: 'string',
    value: 'DURATION',
    summary: 'How long the run may stay open, such as 2h; at most as long as the server lets runs wait',
  },
  'contract-revision': {
    type: 'string',
    value: 'N',
    summary: 'A contract revision other than the one in force',
  },
} as const satisfies OptionSpecs;

type RunValues = OptionValues<typeof RUN_OPTIONS>;

/** A connection for a run, and which run: of the named workflow, or of the only one that the token is for. Throws `usage_…`. */
export async function connectForRun(
  session: Session,
  options: RunValues,
): Promise<{ readonly connection: Connection; readonly wanted: Omit<StartRun, 'runner'> }> {
  const contractRevision = revisionOf(options['contract-revision'], '--contract-revision');
  const { expires } = options;
  const expiresInSeconds = expires === undefined ? undefined : secondsOf(expires, '--expires');
  const named = namedWorkflow(session, options);
  const connection = await connect(session, named === undefined ? {} : { workflow: named });
  const workflow = named ?? (await ownWorkflow(session, connection, options.project));
  return {
    connection,
    wanted: {
      ...workflow,
      ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
      ...(contractRevision === undefined ? {} : { contractRevision }),
      ...(options.version === undefined ? {} : { version: options.version }),
    },
  };
}

function namedWorkflow({ terminal }: Session, { project, workflow }: RunValues): WorkflowName | undefined {
  // A person is asked when it is known which ones there are.
  if (workflow === undefined && (project === undefined || terminal !== null)) return undefined;
  if (workflow === undefined) throw cliError('usage_missing', '--project needs --workflow beside it');
  return workflowNameOf({ project, workflow });
}

async function ownWorkflow(
  { terminal }: Session,
  { client }: Connection,
  project: string | undefined,
): Promise<WorkflowName> {
  const { scope, token } = await client.me();
  if (scope.type === 'workflow' && (project ?? scope.project) === scope.project) {
    return { project: scope.project, workflow: scope.workflow };
  }
  if (terminal !== null) return chosenWorkflow(terminal, client, project);
  throw cliError(
    'usage_missing',
    `--project and --workflow are missing, and the token ${token.name} is not for one workflow only: name the workflow`,
  );
}

async function chosenWorkflow(
  terminal: Terminal,
  client: Client,
  project: string | undefined,
): Promise<WorkflowName> {
  const { workflows } = await client.listWorkflows(project === undefined ? {} : { project });
  if (workflows.length === 0) {
    const where = project === undefined ? '' : ` in the project ${project}`;
    throw cliError('usage_missing', `there are no workflows${where}: waybill workflow create makes one`);
  }
  const { choose } = await import('./ask.ts');
  const names = workflows.map(({ project, name }) => `${project}/${name}`);
  return workflowNameOf({ project: undefined, workflow: await choose(terminal, 'Which workflow?', names) });
}

/** Which attestation a command works on. */
export const STATE_OPTIONS = {
  attestation: {
    type: 'string',
    value: 'NAME',
    summary: 'One of several attestations in this directory (or WAYBILL_ATTESTATION; "default")',
  },
  state: { type: 'string', value: 'FILE', summary: 'State file, in place of .waybill/attestation-NAME.json' },
  'graceful-exit': {
    type: 'boolean',
    summary: 'Leave with exit code 0 whatever comes of it, so that a build goes on without its attestation',
  },
} as const satisfies OptionSpecs;
