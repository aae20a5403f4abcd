/**
 * Rego as the engine that judges evidence: the shape that core's `judge` asks for, said here in our own types.
 * Nothing is thrown for what a policy or its input is to blame for.
 */
import type { BuiltinGroup } from '../builtins/builtin.ts';
import { isStackOverflow } from '../evaluate/calls.ts';
import { EvaluationError } from '../evaluate/error.ts';
import type { Query } from '../evaluate/policy.ts';
import { compile } from '../standard.ts';
import { RegoSourceError } from '../syntax/error.ts';
import { parseModule } from '../syntax/parse-module.ts';
import { fromPlain, parseJson, toJson } from '../values/json.ts';
import { RegoObject, type Value } from '../values/value.ts';
import { frameOf } from './frame.ts';

export interface RegoEngine {
  compile(source: ProgramSource): Answer<Program>;
}

export interface ProgramSource {
  /** In messages. */
  readonly name: string;
  readonly text: string;
}

export interface Program {
  /** JSON of the program's `result`; undefined where it has none. */
  result(question: Question): Answer<string | undefined>;
}

export interface Question {
  /** JSON of an object. */
  readonly document: string;
  /** Members of `input` that stand over those of the document. */
  readonly added: Readonly<Record<string, unknown>>;
  readonly limits: { readonly deadlineMs: number; readonly maxSteps: number };
  readonly nowNs: bigint;
}

export type Answer<Result> = { readonly outcome: 'done'; readonly value: Result } | Refusal;

export interface Refusal {
  /** The program cannot be used, it ran past a limit, or it ended with an error. */
  readonly outcome: 'invalid' | 'stopped' | 'failed';
  readonly reason: string;
}

const LIMIT_CODES: readonly string[] = ['eval_cancel_error', 'eval_steps_error', 'eval_depth_error'];
const MAX_RESULT_CHARACTERS = 16 * 1024 * 1024;

/** An engine whose programs have these built-ins beside those of the core. */
export function policyEngine(builtins: readonly BuiltinGroup[]): RegoEngine {
  return {
    compile: ({ name, text }) =>
      answered('invalid', () => {
        const file = `${name}.rego`;
        const module = parseModule(text, { file, version: 'v1' });
        const framed = { file, text: `${text}\n${frameOf(module)}`, version: 'v1' } as const;
        const policy = compile([framed], { builtins });
        const query = policy.prepare(`found := ${pathOf(module.package.path.path)}["result"]`);
        return { result: (question) => answered('failed', () => resultOf(query, question)) };
      }),
  };
}

function pathOf(terms: readonly { readonly kind: string; readonly value?: unknown }[]): string {
  const parts = terms.flatMap((term) => (term.kind === 'string' ? [`[${JSON.stringify(term.value)}]`] : []));
  return `data${parts.join('')}`;
}

function resultOf(query: Query, { document, added, limits, nowNs }: Question): string | undefined {
  const input = withMembers(parseJson(document), added);
  const { answers } = query.evaluate({ input, nowNs, strictBuiltinErrors: true, ...limits });
  const found = answers[0]?.get('found');
  const text = found === undefined ? undefined : toJson(found);
  if (text === undefined || text.length <= MAX_RESULT_CHARACTERS) return text;
  throw new EvaluationError(
    'eval_result_error',
    `the result has more than ${MAX_RESULT_CHARACTERS} characters`,
  );
}

function withMembers(document: Value, added: Readonly<Record<string, unknown>>): Value {
  const members = document instanceof RegoObject ? document.entries() : [];
  const ours = Object.entries(added).map(([key, value]): [Value, Value] => [key, fromPlain(value)]);
  return RegoObject.of([
    ...members.filter(([key]) => typeof key !== 'string' || !Object.hasOwn(added, key)),
    ...ours,
  ]);
}

/** What the language throws, as an answer; anything else is a fault of ours. */
function answered<Result>(otherwise: Refusal['outcome'], work: () => Result): Answer<Result> {
  try {
    return { outcome: 'done', value: work() };
  } catch (cause) {
    if (cause instanceof RegoSourceError) return { outcome: otherwise, reason: cause.message };
    if (isStackOverflow(cause)) return { outcome: 'stopped', reason: 'the documents are nested too deep' };
    if (!(cause instanceof EvaluationError)) throw cause;
    return { outcome: LIMIT_CODES.includes(cause.code) ? 'stopped' : 'failed', reason: cause.message };
  }
}
