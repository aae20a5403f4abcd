import type { WorkflowName } from '@waybill/api/client';
import type { OptionSpecs } from './command.ts';
import { cliError } from './exit.ts';
import { nameOf } from './names.ts';

/** Which workflow a command is about, where the token may say it as well. */
export const OPTIONAL_WORKFLOW = {
  project: { type: 'string', value: 'NAME', summary: 'Project of the workflow' },
  workflow: {
    type: 'string',
    value: 'NAME',
    summary: 'Workflow, or PROJECT/WORKFLOW in place of --project',
  },
} as const satisfies OptionSpecs;

/** Which workflow a command is about. */
export const WORKFLOW_OPTIONS = {
  ...OPTIONAL_WORKFLOW,
  workflow: { ...OPTIONAL_WORKFLOW.workflow, required: true },
} as const satisfies OptionSpecs;

/** Throws `usage_…`. */
export function workflowNameOf(options: {
  readonly project: string | undefined;
  readonly workflow: string;
}): WorkflowName {
  const [first = '', second, ...more] = options.workflow.split('/');
  if (more.length > 0 || (second !== undefined && options.project !== undefined)) {
    throw cliError(
      'usage_invalid',
      `--workflow: expected WORKFLOW beside --project, or PROJECT/WORKFLOW, found ${JSON.stringify(options.workflow)}`,
    );
  }
  const project = second === undefined ? options.project : first;
  if (project === undefined) {
    throw cliError('usage_missing', '--workflow needs --project: a workflow belongs to a project');
  }
  return { project: nameOf(project, '--project'), workflow: nameOf(second ?? first, '--workflow') };
}
