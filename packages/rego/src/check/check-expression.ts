import type { CallStatement, Node, Statement, UnifyStatement } from '../plan/ir.ts';
import type { RegoProblem } from '../syntax/error.ts';
import { MEMBER, MEMBER_WITH_KEY } from '../syntax/operators.ts';
import { calleeText } from './check-functions.ts';
import {
  ANY,
  isAny,
  isUnknown,
  keysOf,
  type FunctionType,
  type Type,
  type Unknown,
  valuesOf,
} from './type.ts';
import type { TypeEnv } from './type-env.ts';
import { argumentsText, typeText } from './type-text.ts';
import { unifies, unifyTerm, unifyTerms } from './type-unify.ts';

/** What is wrong with an expression, and whether that came of something unknown in it. */
export interface TypeProblem {
  readonly problem: RegoProblem;
  readonly isOfUnknown: boolean;
}

export function checkExpression(statement: Statement, env: TypeEnv): TypeProblem | undefined {
  if (statement.kind === 'unify') return checkUnification(statement, env);
  return statement.kind === 'call' ? checkCall(statement, env) : undefined;
}

function checkUnification(statement: UnifyStatement, env: TypeEnv): TypeProblem | undefined {
  const [left, right] = [env.typeOf(statement.left), env.typeOf(statement.right)];
  if (left === undefined && isScalarDomain(statement)) {
    unifyTerm(env, statement.left, ANY);
    return undefined;
  }
  return unifyTerms(env, statement.left, statement.right) ? undefined : matchError(statement, left, right);
}

/** `some x in 1` is never true, but no error. */
function isScalarDomain({ left, right }: UnifyStatement): boolean {
  if (left.kind !== 'variable' || !left.variable.isGenerated || right.kind !== 'constant') return false;
  return right.value === null || typeof right.value !== 'object';
}

function matchError({ location }: Statement, left: Type | Unknown, right: Type | Unknown): TypeProblem {
  const details = { left: typeText(left), right: typeText(right) };
  return {
    problem: { code: 'rego_type_error', message: 'match error', location, details },
    isOfUnknown: isUnknown(left) || isUnknown(right),
  };
}

function checkCall(statement: CallStatement, env: TypeEnv): TypeProblem | undefined {
  const name = calleeText(statement.callee);
  if (name === 'eq') return callError(statement, 'too many arguments', env);
  if (name === MEMBER || name === MEMBER_WITH_KEY) {
    const problem = checkMember(statement, name === MEMBER_WITH_KEY, env);
    if (problem !== undefined) return problem;
  }
  const type = env.ofCallee(statement.callee);
  if (isAny(type)) return undefined;
  if (type?.type !== 'function') {
    const { location } = statement;
    const problem = { code: 'rego_type_error' as const, message: `undefined function ${name}`, location };
    return { problem, isOfUnknown: false };
  }
  return checkArguments(statement, type, env);
}

/** What may be found in a collection depends on what it holds. */
function checkMember(statement: CallStatement, withKey: boolean, env: TypeEnv): TypeProblem | undefined {
  const collection = statement.args.at(-1);
  const value = statement.args.at(-2);
  if (collection === undefined || value === undefined) return undefined;
  const type = env.typeOf(collection);
  const values = valuesOf(type);
  if (values === undefined) return undefined;
  const [key] = statement.args;
  if (withKey && key !== undefined) {
    const problem = checkMemberPart(statement, key, keysOf(type), env);
    if (problem !== undefined) return problem;
  }
  return checkMemberPart(statement, value, values, env);
}

function checkMemberPart(
  statement: CallStatement,
  part: Node,
  type: Type | Unknown,
  env: TypeEnv,
): TypeProblem | undefined {
  if (isUnknown(type)) return undefined;
  const have = env.typeOf(part);
  const fits = (isUnknown(have) || unifies(have, type)) && unifyTerm(env, part, type);
  return fits ? undefined : matchError(statement, have, type);
}

function checkArguments(statement: CallStatement, type: FunctionType, env: TypeEnv): TypeProblem | undefined {
  const operands = operandsOf(statement);
  const wanted = type.result === undefined ? type.args : [...type.args, type.result];
  if (operands.length > wanted.length && type.variadic === undefined) {
    return callError(statement, 'too many arguments', env, type);
  }
  if (operands.length < type.args.length) return callError(statement, 'too few arguments', env, type);
  const before = operands.map((operand) => env.typeOf(operand));
  for (const [at, operand] of operands.entries()) {
    const want = at < wanted.length ? wanted[at] : type.variadic;
    const have = before[at];
    if (have !== undefined && !isUnknown(have) && !unifies(have, want)) {
      return argumentError(statement, before, type);
    }
    if (!unifyTerm(env, operand, want)) {
      const after = operands.map((each) => env.typeOf(each));
      return argumentError(statement, after, type);
    }
  }
  return undefined;
}

function operandsOf({ args, output }: CallStatement): readonly Node[] {
  return output === undefined ? args : [...args, output];
}

function argumentError(
  statement: CallStatement,
  have: readonly (Type | Unknown)[],
  type: FunctionType,
): TypeProblem {
  return signatureError(statement, 'invalid argument(s)', have, type);
}

function callError(statement: CallStatement, what: string, env: TypeEnv, type?: FunctionType): TypeProblem {
  const have = operandsOf(statement).map((operand) => env.typeOf(operand));
  return signatureError(statement, what, have, type);
}

function signatureError(
  { callee, location }: CallStatement,
  what: string,
  have: readonly (Type | Unknown)[],
  type: FunctionType | undefined,
): TypeProblem {
  const wanted = type?.result === undefined ? (type?.args ?? []) : [...type.args, type.result];
  const details = { have: argumentsText(have), want: argumentsText(wanted, type?.variadic) };
  const message = `${calleeText(callee)}: ${what}`;
  return {
    problem: { code: 'rego_type_error', message, location, details },
    isOfUnknown: have.some((one) => isUnknown(one)),
  };
}
