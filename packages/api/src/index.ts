export {
  AuditAnchorDocument,
  AuditChain,
  AuditChainQuery,
  AuditList,
  AuditQuery,
  AuditVerification,
} from './audit.ts';
export {
  DigestText,
  DocumentFinding,
  Finding,
  Id,
  NAME_PATTERN,
  Name,
  PageQuery,
  PolicyJudgement,
  Problem,
  RevisionNumber,
  Time,
} from './common.ts';
export {
  AppliedContract,
  ApplyContract,
  ContractDetail,
  ContractList,
  ContractSummary,
} from './contracts.ts';
export { DeadLetter, DeadLetterList } from './dead-letters.ts';
export { AskDecision, Decision, DecisionReason } from './gate.ts';
export {
  AddKey,
  AddTrust,
  CreatedToken,
  CreateRobotAccount,
  CreateToken,
  Key,
  KeyList,
  RevokeKey,
  RotateKey,
  Me,
  Role,
  RotateRobotAccount,
  Scope,
  ServerInfo,
  Token,
  TokenList,
  Trust,
  TrustList,
} from './identity.ts';
export { AddIssuer, Issuer, IssuerKind, IssuerList, IssuerPresets } from './issuers.ts';
export {
  BuildGrade,
  CancelRun,
  KeepRunState,
  KeptRunState,
  LogPosition,
  PushAttestations,
  PushedAttestations,
  Receipt,
  RUN_STATES,
  RunDetail,
  RunList,
  RunQuery,
  RunStateRevision,
  RunState,
  RunSummary,
  Signer,
  StartedRun,
  StartRun,
} from './runs.ts';
export { Project, ProjectList, ProjectVersion, ProjectVersionList } from './projects.ts';
export {
  CreateWorkflow,
  DeletedWorkflow,
  UpdateWorkflow,
  Workflow,
  WorkflowList,
  WorkflowQuery,
} from './workflows.ts';
