/** What a policy language owes to the one who judges. Engines are arguments: core imports none. */
import type { Json } from '../bytes/index.ts';
import { errorsOf } from '../errors.ts';

export type PolicyErrorCode =
  /** The policy document itself: its shape, its kinds, its inputs. */
  | 'policy_invalid'
  /** The program in it cannot be used. */
  | 'policy_source_invalid'
  /** The evaluation took more time or steps than it was given. */
  | 'policy_stopped'
  /** The evaluation ended with an error. */
  | 'policy_evaluation_failed';

export const policyError = errorsOf<PolicyErrorCode>();

/** Compiles a program. MUST throw `policy_source_invalid` for one that cannot be used, naming line and reason. */
export interface PolicyEngine {
  compile(source: PolicySource): CompiledPolicy;
}

export interface PolicySource {
  /** In messages. */
  readonly name: string;
  readonly text: string;
}

export interface CompiledPolicy {
  /**
   * The value of the program's `result`, undefined where it has none. MUST throw `policy_stopped` past a limit and
   * `policy_evaluation_failed` for every other end: a built-in that fails is one.
   */
  result(question: EngineQuestion): Json | undefined;
}

export interface EngineQuestion {
  /** JSON of an object: the engine reads its numbers as they are written. */
  readonly document: string;
  /** Members of `input` that stand over those of the document. */
  readonly added: Readonly<Record<string, Json>>;
  readonly limits: PolicyLimits;
  /** Nanoseconds since 1970: the time that the policy sees, however long it takes. */
  readonly nowNs: bigint;
}

export interface PolicyLimits {
  readonly deadlineMs: number;
  readonly maxSteps: number;
}

/** By language. */
export interface PolicyEngines {
  readonly rego: PolicyEngine;
}
