/** Room 6: what a pipeline owes. Contracts with their revisions, projects and workflows. */
export { applyContract } from './apply-contract.ts';
export { describeContract, listContracts } from './contracts.ts';
export { deleteContract } from './delete-contract.ts';
export { CONTRACT_PROBLEMS } from './errors.ts';
export { type ContractRevision, findRevision, resolveForRun } from './resolve-for-run.ts';
export { contractRoutes } from './routes.ts';
export { createWorkflow, describeWorkflow, listWorkflows } from './workflows.ts';
