import { type Json, parseJson } from '../bytes/index.ts';
import { isCoded } from '../errors.ts';
import type { MaterialKind } from '../material/index.ts';
import { argumentsOf } from './arguments.ts';
import type { Policy, PolicyScript } from './document.ts';
import { type PolicyEngines, type PolicyLimits, policyError, valueOf } from './engine.ts';
import { documentOf } from './evidence.ts';
import { readResult, type ScriptResult } from './result.ts';

/** Only `holds` says that something was looked at and found good. */
export type PolicyVerdict =
  | { readonly outcome: 'holds' }
  | { readonly outcome: 'fails'; readonly messages: readonly string[] }
  | { readonly outcome: 'not applicable'; readonly reason: string }
  | { readonly outcome: 'undetermined'; readonly cause: UndeterminedCause; readonly reason: string };

export type UndeterminedCause = 'evidence missing' | 'error' | 'deadline';

/** What a policy is asked about. */
export interface PolicyFacts {
  readonly evidence: PolicyEvidence;
  /** `with` of the attachment. */
  readonly arguments: Readonly<Record<string, string>>;
  /** Members of `input` that the evidence cannot fake, such as `chainloop_metadata`. */
  readonly context: Readonly<Record<string, Json>>;
  readonly nowNs: bigint;
  readonly limits: PolicyLimits;
}

export interface PolicyEvidence {
  readonly kind: MaterialKind;
  /** Empty for a kind without a document of its own. */
  readonly bytes: Uint8Array;
}

const CAUSES: Readonly<Record<string, UndeterminedCause>> = {
  policy_invalid: 'error',
  policy_source_invalid: 'error',
  policy_evaluation_failed: 'error',
  policy_stopped: 'deadline',
};
/** What the readers of evidence throw for bytes that are not what their kind says. */
const ABOUT_EVIDENCE = /^(?:json|xml|material|bytes)_/;

/**
 * Judges one piece of evidence. A policy that cannot be used, ends with an error or takes too long leaves it
 * undetermined, which is no way to pass. Throws only what is a fault of the engine itself.
 */
export function judge(policy: Policy, facts: PolicyFacts, engines: PolicyEngines): PolicyVerdict {
  const { kind } = facts.evidence;
  const scripts = policy.scripts.filter((script) => script.kind === null || script.kind === kind);
  if (scripts.length === 0)
    return { outcome: 'not applicable', reason: `the policy has no program for ${kind}` };
  try {
    const added = { ...facts.context, args: argumentsOf(policy.inputs, facts.arguments) };
    const document = documentOf(facts.evidence);
    const results = scripts.map((script) => run(policy, script, { facts, document, added, engines }));
    return verdictOf(results);
  } catch (error) {
    return undetermined(error);
  }
}

function run(
  { name }: Policy,
  { source }: PolicyScript,
  given: {
    readonly facts: PolicyFacts;
    readonly document: string;
    readonly added: Readonly<Record<string, Json>>;
    readonly engines: PolicyEngines;
  },
): ScriptResult {
  const { facts, document, added, engines } = given;
  const compiled = valueOf(engines.rego.compile({ name, text: source }));
  const { limits, nowNs } = facts;
  const result = valueOf(compiled.result({ document, added, limits, nowNs }));
  return readResult(result === undefined ? undefined : parseResult(result));
}

/** A result that our reader refuses is the program's fault, never the evidence's. */
function parseResult(text: string): Json {
  try {
    return parseJson(text, 'the result');
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw policyError('policy_evaluation_failed', cause.message, { cause });
  }
}

/** Of several programs: a violation of any counts, and it applies when one of them does. */
function verdictOf(results: readonly ScriptResult[]): PolicyVerdict {
  const counted = results.filter(({ ignored }) => !ignored);
  if (counted.length === 0)
    return { outcome: 'not applicable', reason: 'the policy asks to be ignored here' };
  const messages = counted.flatMap((result) => result.messages);
  if (messages.length > 0) return { outcome: 'fails', messages };
  const reasons = counted.flatMap(({ skipped }) => skipped ?? []);
  if (reasons.length === counted.length) return { outcome: 'not applicable', reason: reasons.join('; ') };
  return { outcome: 'holds' };
}

function undetermined(error: unknown): PolicyVerdict {
  if (!isCoded(error)) throw error;
  const cause = CAUSES[error.code] ?? (ABOUT_EVIDENCE.test(error.code) ? 'evidence missing' : undefined);
  if (cause === undefined) throw error;
  return { outcome: 'undetermined', cause, reason: error.message };
}
