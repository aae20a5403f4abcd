/** Room 6: what a pipeline owes. Contracts with their revisions, projects and workflows. */
export { type AppliedRevision, type ApplyContractInput, applyContract } from './apply-contract.ts';
export { type DescribedContract, describeContract, listContracts } from './contracts.ts';
export type { ContractDeps } from './deps.ts';
export { CONTRACT_PROBLEMS, type ContractCode } from './errors.ts';
export type { ContractSummaryRow, FullRevision, RevisionRow, WorkflowRow } from './queries.ts';
export { type ContractRevision, findRevision, resolveForRun } from './resolve-for-run.ts';
export { type ContractRoutesDeps, contractRoutes } from './routes.ts';
export { type CreateWorkflowInput, createWorkflow, describeWorkflow, listWorkflows } from './workflows.ts';
