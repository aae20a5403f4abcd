export {
  type ConformanceCode,
  type ConformanceFinding,
  type ConformanceInput,
  checkContract,
} from './check.ts';
export { checkAssurance, type RunFacts, verdictExpiry } from './assurance.ts';
export {
  type Contract,
  type ContractAnnotation,
  type ContractAssurance,
  type ContractMaterial,
  type ContractSigner,
  hasForeignPolicies,
  type PolicyAttachment,
  type PolicyGroupAttachment,
} from './contract.ts';
export { type ContractChange, diffContracts, type Effect } from './diff.ts';
export { contractInvalid, type DocumentFinding, formatFinding } from './finding.ts';
export { type LintFinding, lintContracts, type Severity } from './lint.ts';
export { type ParseContractOptions, type ParsedContract, parseContract, parseContracts } from './parse.ts';
export { materialDescriptor, policyContext, type PolicyRunFacts } from './policy-context.ts';
export { type PolicyTask, type PolicyWork, policyTasks } from './policy-tasks.ts';
export { type PolicyReference, policyReferences, withPolicies } from './policy-references.ts';
export { contractSchema } from './schema.ts';
export { signerMatches } from './signer.ts';
