import { errorsOf } from '@waybill/core';

export const CONTRACT_PROBLEMS = {
  contract_invalid: { status: 422, title: 'Contract not valid' },
  contract_name_invalid: { status: 400, title: 'Name not usable' },
  contract_name_missing: { status: 400, title: 'Contract without a name' },
  contract_name_mismatch: { status: 400, title: 'Two names for one contract' },
  contract_text_invalid: { status: 400, title: 'Text not usable' },
  contract_not_found: { status: 404, title: 'No such contract' },
  contract_revision_not_found: { status: 404, title: 'No such revision' },
  contract_revision_pinned: { status: 409, title: 'Workflow pinned to another revision' },
  contract_not_in_force: { status: 409, title: 'No revision in force' },
  contract_activation_invalid: { status: 400, title: 'Date of activation not usable' },
  contract_in_use: { status: 409, title: 'Contract in use' },
  contract_workflow_not_found: { status: 404, title: 'No such workflow' },
  contract_workflow_deleted: { status: 409, title: 'Workflow deleted' },
  contract_workflow_has_tokens: { status: 409, title: 'Tokens of the workflow still work' },
  contract_project_not_found: { status: 404, title: 'No such project' },
  contract_version_invalid: { status: 400, title: 'Version not usable' },
  contract_version_not_found: { status: 404, title: 'No such version' },
  contract_cursor_invalid: { status: 400, title: 'The cursor is not of this list' },
  contract_workflow_exists: { status: 409, title: 'Workflow exists' },
} as const;

export type ContractCode = keyof typeof CONTRACT_PROBLEMS;

export const contractError = errorsOf<ContractCode>();
