/** Rego as OPA 1.22 reads, checks and evaluates it, in Node and the browser. */
export { indentJson } from './builtins/json-indent.ts';
export { compileModules, parseSources, type PolicyOptions, type Source } from './compile.ts';
export { EvaluationError, type EvaluationErrorCode } from './evaluate/error.ts';
export { type Observation, Observer, type TraceEvent } from './evaluate/observe.ts';
export type { BuiltinFailure } from './evaluate/machine.ts';
export {
  type CompileOptions,
  type EvaluateOptions,
  type Evaluation,
  type Policy,
  type Query,
  type TextOptions,
} from './evaluate/policy.ts';
export { compile } from './standard.ts';
export type { Module, RegoVersion } from './syntax/ast.ts';
export { type RegoProblem, RegoSourceError } from './syntax/error.ts';
export { parseModule, parseQuery } from './syntax/parse-module.ts';
export { fromPlain, parseJson, toJson, toPlain } from './values/json.ts';
export { compare, equal } from './values/order.ts';
export { termText } from './values/text.ts';
export { type Entry, RegoArray, RegoObject, RegoSet, type Value } from './values/value.ts';
