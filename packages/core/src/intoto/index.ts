export {
  CHAINLOOP_PREDICATE_TYPE,
  type ChainloopEvaluation,
  type ChainloopMaterial,
  type ChainloopPredicate,
  parseChainloopPredicate,
} from './predicate/chainloop.ts';
export { COSIGN_PREDICATE_TYPE, type CosignPredicate, parseCosignPredicate } from './predicate/cosign.ts';
export type { RunChange, RunSource } from './predicate/run-source.ts';
export {
  formatRunStatement,
  MAX_MATERIALS,
  optionalParts,
  parseRunMaterial,
  parseRunPredicate,
  RUN_PREDICATE_TYPE,
  type RunMaterial,
  type RunPredicate,
} from './predicate/run.ts';
export {
  formatVsaPredicate,
  parseVsaPredicate,
  VSA_PREDICATE_TYPE,
  type VsaPredicate,
  type VsaResource,
} from './predicate/vsa.ts';
export {
  PROVENANCE_V1_TYPE,
  PROVENANCE_V02_TYPE,
  type Provenance,
  type ProvenanceResource,
  parseProvenance,
} from './predicate/provenance.ts';
export {
  parseWitnessCollection,
  WITNESS_COLLECTION_TYPE,
  type WitnessAttestation,
  type WitnessCollection,
} from './predicate/witness.ts';
export {
  formatStatement,
  hasSubject,
  parseStatement,
  STATEMENT_TYPE_V1,
  STATEMENT_TYPE_V01,
  type Statement,
  type Subject,
} from './statement.ts';
