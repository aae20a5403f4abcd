/** Room 6: what a pipeline owes. Contracts with their revisions, projects and workflows. */
export { applyContract } from './apply-contract.ts';
export { describeContract, listContracts } from './contracts.ts';
export { createWorkflow } from './create-workflow.ts';
export { deleteContract } from './delete-contract.ts';
export { deleteWorkflow } from './delete-workflow.ts';
export { CONTRACT_PROBLEMS } from './errors.ts';
export { type ContractRevision, findRevision, resolveForRun } from './resolve-for-run.ts';
export { contractRoutes } from './routes.ts';
export { describeProject, listProjects, listVersions, releaseVersion, useVersion } from './projects.ts';
export type { CountRuns, WorkflowRuns } from './runs-port.ts';
export { updateWorkflow } from './update-workflow.ts';
export { describeWorkflow, listWorkflows } from './workflows.ts';
