/** Compiles calls of functions and built-ins. */
import { type Builtin, BuiltinError, builtinError, type WalkShape } from '../builtins/builtin.ts';
import type { Callee, CallStatement, Node } from '../plan/ir.ts';
import type { Location } from '../syntax/ast.ts';
import { RegoSourceError } from '../syntax/error.ts';
import { spendText } from '../values/meter.ts';
import { MAX_TEXT_LENGTH } from '../values/text-writer.ts';
import type { Value } from '../values/value.ts';
import { type Compute, computeAll, type Frame, type Stage } from './code.ts';
import { EvaluationError } from './error.ts';
import type { Layout } from './layout.ts';
import type { Machine } from './machine.ts';
import { INLINE } from './operators.ts';
import { printSets } from './print.ts';
import { compute, match } from './terms.ts';

export function calleeKey(callee: Callee): string {
  return callee.type === 'builtin' ? callee.name : `data ${JSON.stringify(callee.path)}`;
}

export function compileCall(statement: CallStatement, layout: Layout): Stage {
  const { callee, output } = statement;
  if (callee.type === 'builtin') {
    if (callee.name === 'internal.print') return printing(statement, layout);
    const builtin = layout.compiler.program.builtins.get(callee.name);
    if (builtin?.type === 'relation') return relation(statement, builtin.evaluate, layout);
  }
  const args = statement.args.map((arg) => compute(arg, layout));
  const computed = mockable(callee, args, plainCall(callee, args, statement.location, layout), layout);
  if (output === undefined) return holds(computed);
  const matches = match(output, layout);
  return (next) => (machine, frame) => {
    const value = computed(machine, frame);
    return value !== undefined && matches(machine, frame, value) && next(machine, frame);
  };
}

function holds(computed: Compute): Stage {
  return (next) => (machine, frame) => {
    const value = computed(machine, frame);
    return value !== undefined && value !== false && next(machine, frame);
  };
}

function plainCall(callee: Callee, args: readonly Compute[], location: Location, layout: Layout): Compute {
  if (callee.type === 'function') return functionCall(callee.path, args, location, layout);
  const [a, b] = args;
  const inline = args.length === 2 ? INLINE.get(callee.name) : undefined;
  const general = builtinCall(callee.name, args, location, layout);
  return inline !== undefined && a !== undefined && b !== undefined ? inline(a, b, general) : general;
}

function functionCall(
  path: readonly string[],
  args: readonly Compute[],
  location: Location,
  layout: Layout,
): Compute {
  const { tree, program } = layout.compiler;
  const rule = tree.find(path)?.rule;
  if (rule?.kind !== 'function') throw undefinedFunction(['data', ...path].join('.'), location);
  const { id } = rule;
  return (machine, frame) => {
    const values = computeAll(args, machine, frame);
    return values === undefined ? undefined : program.rules[id]?.call(machine, values);
  };
}

function undefinedFunction(name: string, location: Location): RegoSourceError {
  return new RegoSourceError([{ code: 'rego_type_error', message: `undefined function ${name}`, location }]);
}

/** A function of the host comes before a built-in of the same name. */
function builtinCall(name: string, args: readonly Compute[], location: Location, layout: Layout): Compute {
  const builtin = layout.compiler.program.builtins.get(name);
  if (builtin === undefined && !layout.compiler.isKnown(name)) throw undefinedFunction(name, location);
  return (machine, frame) => {
    const values = computeAll(args, machine, frame);
    return values === undefined ? undefined : callNamed(machine, name, builtin, values, location);
  };
}

function callNamed(
  machine: Machine,
  name: string,
  builtin: Builtin | undefined,
  args: readonly Value[],
  location: Location,
): Value | undefined {
  const host = machine.options.hostFunctions.get(name);
  if (host === undefined && builtin !== undefined) return callBuiltin(machine, name, builtin, args, location);
  if (host === undefined) {
    const message = `${name}: not available here: the host gives no function of this name`;
    return machine.fail({ code: 'eval_builtin_error', message, location });
  }
  try {
    return host(...args);
  } catch (error) {
    return failed(machine, name, error, location);
  }
}

function callBuiltin(
  machine: Machine,
  name: string,
  builtin: Builtin,
  args: readonly Value[],
  location: Location,
): Value | undefined {
  if (builtin.type !== 'function') return undefined;
  try {
    for (const arg of args) bounded(arg);
    return bounded(builtin.evaluate(machine, ...args));
  } catch (error) {
    return failed(machine, name, error, location);
  }
}

/** Also what a built-in does with a text counts: it reads it at least. */
function bounded<T extends Value | undefined>(value: T): T {
  if (typeof value !== 'string') return value;
  spendText(value.length);
  if (value.length <= MAX_TEXT_LENGTH) return value;
  throw builtinError(`a string of ${value.length} characters: at most ${MAX_TEXT_LENGTH} are taken and made`);
}

/** What an error of a built-in means: the call is undefined, or more than this call is wrong. */
function failed(machine: Machine, name: string, error: unknown, location: Location): undefined {
  if (error instanceof BuiltinError) {
    return machine.fail({ code: error.code, message: `${name}: ${error.message}`, location });
  }
  if (error instanceof EvaluationError && error.code === 'eval_result_error') {
    return machine.fail({ code: 'eval_builtin_error', message: `${name}: ${error.reason}`, location });
  }
  // What JavaScript cannot hold: too long a string, too large an integer.
  if (error instanceof RangeError && !isStackOverflow(error)) {
    return machine.fail({ code: 'eval_builtin_error', message: `${name}: ${error.message}`, location });
  }
  throw error;
}

export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack');
}

/** The call, unless `with` has put something in the function's place. */
function mockable(callee: Callee, args: readonly Compute[], plain: Compute, layout: Layout): Compute {
  const key = calleeKey(callee);
  return (machine, frame) => {
    const { mocks } = machine.context;
    if (mocks === undefined) return plain(machine, frame);
    const mock = mocks.get(key);
    if (mock === undefined) return plain(machine, frame);
    if ('value' in mock) return mock.value;
    const values = computeAll(args, machine, frame);
    return values === undefined ? undefined : callMock(machine, mock, values, layout);
  };
}

/** Within the function that stands for another one nothing is replaced. */
function callMock(machine: Machine, mock: Callee, args: readonly Value[], layout: Layout): Value | undefined {
  const { tree, program } = layout.compiler;
  const mocked = machine.context;
  machine.context = { ...mocked, mocks: undefined, cache: [], calls: [] };
  const result =
    mock.type === 'function'
      ? program.rules[tree.find(mock.path)?.rule?.id ?? -1]?.call(machine, args)
      : callNamed(machine, mock.name, program.builtins.get(mock.name), args, NOWHERE);
  machine.context = mocked;
  return result;
}

const NOWHERE: Location = { file: '', row: 0, col: 0, offset: 0, end: 0 };

type EvaluateRelation = Extract<Builtin, { type: 'relation' }>['evaluate'];

/** `walk(x, [path, value])`: each pair that fits is one way to go on. */
function relation(statement: CallStatement, evaluate: EvaluateRelation, layout: Layout): Stage {
  const [operand] = statement.args.map((arg) => compute(arg, layout));
  const { output } = statement;
  if (operand === undefined) return () => () => false;
  const shapeOf = shapes(output, layout);
  layout.addLoop();
  const matches = output === undefined ? () => true : match(output, layout);
  return (next) => (machine, frame) => {
    const value = operand(machine, frame);
    if (value === undefined) return false;
    const emit = (pair: Value): boolean => {
      machine.step(1);
      return matches(machine, frame, pair) && next(machine, frame);
    };
    return evaluate(machine, value, emit, shapeOf(machine, frame));
  };
}

/** What the pattern of the pairs says of their paths. */
function shapes(output: Node | undefined, layout: Layout): (machine: Machine, frame: Frame) => WalkShape {
  const path = output?.kind === 'array' && output.items.length === 2 ? output.items[0] : undefined;
  const skipPath = path?.kind === 'variable' && path.variable.name.startsWith('$');
  const items = path?.kind === 'array' ? path.items : [];
  const keys = items.map((item) => (layout.isGround(item) ? compute(item, layout) : undefined));
  return (machine, frame) => ({ skipPath, filter: keys.map((key) => key?.(machine, frame)) });
}

function printing({ args, location }: CallStatement, layout: Layout): Stage {
  const operands = args.map((arg) => compute(arg, layout));
  return (next) => (machine, frame) => {
    const { print } = machine.options;
    const sets = print === undefined ? undefined : operands[0]?.(machine, frame);
    if (print !== undefined && sets !== undefined) printSets(sets, (text) => print(text, location));
    return next(machine, frame);
  };
}
