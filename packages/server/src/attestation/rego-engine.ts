/** Rego as the engine that core's `judge` asks for. */
import { type Json, parseJson } from '@waybill/core/bytes';
import { type CompiledPolicy, type PolicyEngine, type PolicySource, policyError } from '@waybill/core/policy';
import {
  compile,
  EvaluationError,
  fromPlain,
  type Module,
  parseModule,
  parseJson as parseValue,
  RegoObject,
  RegoSourceError,
  toJson,
  type Value,
} from '@waybill/rego';
import { NODE_CRYPTOGRAPHY } from '@waybill/rego/crypto-node';
import { hashBuiltins } from '@waybill/rego/hashes';
import { jwtBuiltins } from '@waybill/rego/jwt';
import { regexBuiltins } from '@waybill/rego/regex';
import { x509Builtins } from '@waybill/rego/x509';
import { YAML } from '@waybill/rego/yaml';

/** None that parses policies, and none that reaches the network. */
const BUILTINS = [
  regexBuiltins(),
  hashBuiltins(NODE_CRYPTOGRAPHY),
  x509Builtins(NODE_CRYPTOGRAPHY),
  jwtBuiltins(NODE_CRYPTOGRAPHY),
  YAML,
];

/** What Chainloop puts into a policy where its author leaves it out; the lines of the source keep their numbers. */
const FRAME: Readonly<Record<string, string>> = {
  skipped: 'default skipped := true\nskipped := false if valid_input',
  skip_reason:
    'default skip_reason := ""\nskip_reason := "the file content is not recognized" if not valid_input',
  ignore: 'default ignore := false',
  valid_input: 'default valid_input := true',
};

const LIMIT_CODES: readonly string[] = ['eval_cancel_error', 'eval_steps_error', 'eval_depth_error'];

export const REGO: PolicyEngine = { compile: compileRego };

function compileRego(source: PolicySource): CompiledPolicy {
  return refusing('policy_source_invalid', () => {
    const file = `${source.name}.rego`;
    const module = parseModule(source.text, { file, version: 'v1' });
    const text = `${source.text}\n${frameOf(module, source.name)}`;
    const policy = compile([{ file, text, version: 'v1' }], { builtins: BUILTINS });
    const query = policy.prepare(`found := ${pathOf(module)}["result"]`);
    return {
      result: ({ document, added, limits, nowNs }) =>
        refusing('policy_evaluation_failed', () => {
          const input = withMembers(parseValue(document), added);
          const { answers } = query.evaluate({ input, nowNs, strictBuiltinErrors: true, ...limits });
          const found = answers[0]?.get('found');
          return found === undefined ? undefined : parseJson(toJson(found), 'the result');
        }),
    };
  });
}

/** `violations` is Chainloop's word, `deny` conftest's. A program with neither could only ever hold. */
function frameOf({ rules }: Module, name: string): string {
  const names = new Set(rules.map(({ head }) => (head.ref.head.kind === 'var' ? head.ref.head.name : '')));
  const frame = Object.keys(FRAME).filter((rule) => !names.has(rule));
  if (names.has('result')) return linesOf(frame);
  const violations = ['violations', 'deny'].find((rule) => names.has(rule));
  if (violations === undefined) {
    throw policyError(
      'policy_source_invalid',
      `${name}: expected a rule "result", "violations" or "deny", found none of them: such a policy could never fail`,
    );
  }
  return `${linesOf(frame)}\nresult := {"skipped": skipped, "skip_reason": skip_reason, "ignore": ignore, "violations": ${violations}}`;
}

function linesOf(rules: readonly string[]): string {
  return rules.flatMap((rule) => FRAME[rule] ?? []).join('\n');
}

function pathOf(module: Module): string {
  const parts = module.package.path.path.flatMap((term) => (term.kind === 'string' ? [term.value] : []));
  return `data${parts.map((part) => `[${JSON.stringify(part)}]`).join('')}`;
}

function withMembers(document: Value, added: Readonly<Record<string, Json>>): Value {
  const members = document instanceof RegoObject ? document.entries() : [];
  const ours = Object.entries(added).map(([key, value]): [Value, Value] => [key, fromPlain(value)]);
  return RegoObject.of([
    ...members.filter(([key]) => typeof key !== 'string' || !Object.hasOwn(added, key)),
    ...ours,
  ]);
}

/** What Rego throws as core names it; anything else is a fault of ours. */
function refusing<T>(code: 'policy_source_invalid' | 'policy_evaluation_failed', work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof RegoSourceError) throw policyError(code, cause.message, { cause });
    if (!(cause instanceof EvaluationError)) throw cause;
    const isLimit = LIMIT_CODES.includes(cause.code);
    throw policyError(isLimit ? 'policy_stopped' : 'policy_evaluation_failed', cause.message, { cause });
  }
}
