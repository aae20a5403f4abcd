export { type Policy, type PolicyInput, type PolicyScript, readPolicy } from './document.ts';
export {
  type CompiledPolicy,
  type EngineAnswer,
  type EngineQuestion,
  MAX_EVIDENCE_BYTES,
  POLICY_LIMITS,
  type PolicyEngine,
  type PolicyEngines,
  type PolicyErrorCode,
  type PolicyLimits,
  type PolicySource,
} from './engine.ts';
export { judge, type PolicyEvidence, type PolicyFacts, type PolicyVerdict } from './judge.ts';
