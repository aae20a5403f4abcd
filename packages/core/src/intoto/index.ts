export {
  formatRunStatement,
  MAX_MATERIALS,
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
  formatStatement,
  hasSubject,
  parseStatement,
  STATEMENT_TYPE_V1,
  STATEMENT_TYPE_V01,
  type Statement,
  type Subject,
} from './statement.ts';
