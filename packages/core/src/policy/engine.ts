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

/** Engines answer; what a program or its input is to blame for is never thrown. */
export interface PolicyEngine {
  /** `invalid` for a program that cannot be used, naming line and reason. */
  compile(source: PolicySource): EngineAnswer<CompiledPolicy>;
}

export interface PolicySource {
  /** In messages. */
  readonly name: string;
  readonly text: string;
}

export interface CompiledPolicy {
  /**
   * JSON of the program's `result`, undefined where it has none. `stopped` past a limit and `failed` for every other
   * end: a built-in that fails is one.
   */
  result(question: EngineQuestion): EngineAnswer<string | undefined>;
}

export type EngineAnswer<Result> = { readonly outcome: 'done'; readonly value: Result } | EngineRefusal;

export interface EngineRefusal {
  readonly outcome: 'invalid' | 'stopped' | 'failed';
  readonly reason: string;
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

/** Of one policy about one piece of evidence, wherever it is judged. */
export const POLICY_LIMITS: PolicyLimits = { deadlineMs: 2000, maxSteps: 100_000_000 };
/** Of a piece of evidence that policies judge. */
export const MAX_EVIDENCE_BYTES: number = 64 * 1024 * 1024;

/** By language. */
export interface PolicyEngines {
  readonly rego: PolicyEngine;
}

const CODES: Readonly<Record<EngineRefusal['outcome'], PolicyErrorCode>> = {
  invalid: 'policy_source_invalid',
  stopped: 'policy_stopped',
  failed: 'policy_evaluation_failed',
};

/** The value of an answer. Throws `policy_source_invalid`, `policy_stopped` or `policy_evaluation_failed`. */
export function valueOf<Result>(answer: EngineAnswer<Result>): Result {
  if (answer.outcome === 'done') return answer.value;
  throw policyError(CODES[answer.outcome], answer.reason);
}
