import type { WorkflowKey } from '@waybill/api/client';
import { cliError } from './exit.ts';

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The argument of every verb on one workflow. */
export const WORKFLOW_ARGUMENT = {
  name: 'PROJECT/WORKFLOW',
  summary: 'Which one, by its names or its id',
  required: true,
} as const;

/** Throws `usage_invalid`. */
export function workflowKeyOf(text: string): WorkflowKey {
  if (ID.test(text)) return { id: text };
  const [project, name, rest] = text.split('/');
  if (project && name && rest === undefined) return { project, name };
  throw cliError('usage_invalid', `expected PROJECT/WORKFLOW or an id, found ${JSON.stringify(text)}`);
}
