import type { StartRun } from '@waybill/api';
import type { OptionSpecs, OptionValues } from './command.ts';
import { nameOf } from './names.ts';
import { revisionOf } from './numbers.ts';

/** Which workflow is run, and under which contract. */
export const WORKFLOW_OPTIONS = {
  project: { type: 'string', value: 'NAME', required: true, summary: 'Project of the workflow' },
  workflow: { type: 'string', value: 'NAME', required: true, summary: 'Workflow to run' },
  'contract-revision': { type: 'string', value: 'N', summary: 'A contract revision other than the newest' },
} as const satisfies OptionSpecs;

/** Throws `usage_invalid`. */
export function workflowOf(options: OptionValues<typeof WORKFLOW_OPTIONS>): Omit<StartRun, 'runner'> {
  const contractRevision = revisionOf(options['contract-revision'], '--contract-revision');
  return {
    project: nameOf(options.project, '--project'),
    workflow: nameOf(options.workflow, '--workflow'),
    ...(contractRevision === undefined ? {} : { contractRevision }),
  };
}

/** Which attestation a command works on. */
export const STATE_OPTIONS = {
  attestation: {
    type: 'string',
    value: 'NAME',
    summary: 'One of several attestations in this directory (or WAYBILL_ATTESTATION; "default")',
  },
  state: { type: 'string', value: 'FILE', summary: 'State file, in place of .waybill/attestation-NAME.json' },
} as const satisfies OptionSpecs;
