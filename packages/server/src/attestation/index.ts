/** Room 8: runs, and what became of their evidence. `accept()` is the product. */
export { type AcceptInput, accept } from './accept.ts';
export { RUN_ARTIFACT_TYPE } from './attach-evidence.ts';
export type { AttestationDeps } from './deps.ts';
export { documentRoom } from './document-room.ts';
export { ATTESTATION_PROBLEMS, type AttestationCode } from './errors.ts';
export type { RunJudged } from './events.ts';
export { expireStates } from './keep-state.ts';
export { counts, loadVerdicts, type ProvenVerdict, type VerdictsAbout } from './load-verdicts.ts';
export { type LoggedBundle, logServerSigned } from './log-bundle.ts';
export { attestationMetrics } from './metrics.ts';
export { type Examiner, openExaminer } from './open-examiner.ts';
export { openJudge } from './open-judge.ts';
export { countWorkflowRuns } from './queries/workflow-runs.ts';
export { type AttestationRoutesDeps, attestationRoutes } from './routes.ts';
