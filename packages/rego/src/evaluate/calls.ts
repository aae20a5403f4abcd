/** Compiles calls of functions and built-ins. */
import { type Builtin, BuiltinError, type WalkShape } from '../builtins/builtin.ts';
import type { Callee, CallStatement, Node } from '../plan/ir.ts';
import type { Location } from '../syntax/ast.ts';
import { NumberRangeError } from '../values/decimal.ts';
import type { Value } from '../values/value.ts';
import type { Compute, Frame, Stage } from './code.ts';
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
  if (callee.type === 'function') return functionCall(callee.path, args, layout);
  const [a, b] = args;
  const inline = args.length === 2 ? INLINE.get(callee.name) : undefined;
  const general = builtinCall(callee.name, args, location, layout);
  return inline !== undefined && a !== undefined && b !== undefined ? inline(a, b, general) : general;
}

function functionCall(path: readonly string[], args: readonly Compute[], layout: Layout): Compute {
  const { tree, program } = layout.compiler;
  const id = tree.find(path)?.rule?.id ?? -1;
  return (machine, frame) => {
    const values = computeAll(args, machine, frame);
    return values === undefined ? undefined : program.rules[id]?.call(machine, values);
  };
}

function computeAll(args: readonly Compute[], machine: Machine, frame: Frame): Value[] | undefined {
  const values: Value[] = [];
  for (const arg of args) {
    const value = arg(machine, frame);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

function builtinCall(name: string, args: readonly Compute[], location: Location, layout: Layout): Compute {
  const builtin = layout.compiler.program.builtins.get(name);
  if (builtin === undefined) return hostCall(name, args, location);
  return (machine, frame) => {
    const values = computeAll(args, machine, frame);
    return values === undefined ? undefined : callBuiltin(machine, name, builtin, values, location);
  };
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
    return builtin.evaluate(machine, ...args);
  } catch (error) {
    return failed(machine, name, error, location);
  }
}

/** What an error of a built-in means: the call is undefined, or more than this call is wrong. */
function failed(machine: Machine, name: string, error: unknown, location: Location): undefined {
  if (error instanceof BuiltinError) {
    return machine.fail({ code: error.code, message: `${name}: ${error.message}`, location });
  }
  // What JavaScript cannot hold: too long a string, too large an integer.
  if (error instanceof NumberRangeError || (error instanceof RangeError && !isStackOverflow(error))) {
    return machine.fail({ code: 'eval_builtin_error', message: `${name}: ${error.message}`, location });
  }
  throw error;
}

export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack');
}

/** A built-in that needs the host: it answers, or the call says what is missing. */
function hostCall(name: string, args: readonly Compute[], location: Location): Compute {
  return (machine, frame) => {
    const host = machine.options.hostFunctions.get(name);
    if (host === undefined) {
      const reason = `${name}: not available here: the host gives no function of this name`;
      throw new EvaluationError('eval_builtin_error', reason, location);
    }
    const values = computeAll(args, machine, frame);
    if (values === undefined) return undefined;
    try {
      return host(...values);
    } catch (error) {
      return failed(machine, name, error, location);
    }
  };
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
      : callNamed(machine, mock.name, args, program.builtins);
  machine.context = mocked;
  return result;
}

function callNamed(
  machine: Machine,
  name: string,
  args: readonly Value[],
  builtins: ReadonlyMap<string, Builtin>,
): Value | undefined {
  const builtin = builtins.get(name);
  const location = { file: '', row: 0, col: 0, offset: 0, end: 0 };
  if (builtin !== undefined) return callBuiltin(machine, name, builtin, args, location);
  return hostCall(
    name,
    args.map((arg) => () => arg),
    location,
  )(machine, []);
}

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
