/** Compiles `with`: the statement is evaluated over other documents, and what follows it over those before. */
import type { Callee, Statement, With } from '../plan/ir.ts';
import { equal } from '../values/order.ts';
import { spend } from '../values/meter.ts';
import { RegoObject, type Value } from '../values/value.ts';
import { calleeKey } from './calls.ts';
import type { Compute, Frame, Stage } from './code.ts';
import type { Layout } from './layout.ts';
import type { Context, Machine, Mock } from './machine.ts';
import { compute } from './terms.ts';

type Change = (context: Context, machine: Machine, frame: Frame) => Context | undefined;

export function compileWith(statement: Statement, layout: Layout, core: () => Stage): Stage {
  const changes = statement.with.map((modifier) => change(modifier, layout));
  const slot = layout.temporary();
  const stage = core();
  return (next) => {
    const inner = stage((machine, frame) => {
      const mine = machine.context;
      machine.context = frame[slot] as Context;
      const done = next(machine, frame);
      machine.context = mine;
      return done;
    });
    return (machine, frame) => {
      const outer = machine.context;
      const changed = applied(changes, machine, frame);
      if (changed === undefined) return false;
      frame[slot] = outer;
      machine.context = changed;
      const done = inner(machine, frame);
      machine.context = outer;
      return done;
    };
  };
}

function applied(changes: readonly Change[], machine: Machine, frame: Frame): Context | undefined {
  let context: Context | undefined = { ...machine.context, cache: [], calls: [] };
  for (const apply of changes) {
    if (context === undefined) return undefined;
    context = apply(context, machine, frame);
  }
  return context;
}

function change({ target, value }: With, layout: Layout): Change {
  if ('kind' in value) {
    const computed = compute(value, layout);
    if (target.type === 'input') return replaceInput(target.path, computed);
    if (target.type === 'data') return replaceData(target.path, computed);
    const key = calleeKey(target);
    return (context, machine, frame) => {
      const mock = computed(machine, frame);
      return mock === undefined ? undefined : mocked(context, key, { value: mock });
    };
  }
  if (target.type === 'input' || target.type === 'data') return (context) => context;
  return (context) => mocked(context, calleeKey(target), value satisfies Callee);
}

function mocked(context: Context, key: string, mock: Mock): Context {
  return { ...context, mocks: new Map([...(context.mocks ?? []), [key, mock]]) };
}

function replaceInput(path: readonly Value[], computed: Compute): Change {
  return (context, machine, frame) => {
    const value = computed(machine, frame);
    return value === undefined ? undefined : { ...context, input: inserted(context.input, path, value) };
  };
}

function replaceData(path: readonly Value[], computed: Compute): Change {
  return (context, machine, frame) => {
    const value = computed(machine, frame);
    if (value === undefined) return undefined;
    return {
      ...context,
      data: inserted(context.data, path, value),
      replaced: [...context.replaced, path],
    };
  };
}

/** The document with the value at the path; what is no object on the way makes room for one. */
function inserted(document: Value | undefined, path: readonly Value[], value: Value): Value {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const object = document instanceof RegoObject ? document : RegoObject.empty;
  spend(object.size);
  const others = object.entries().filter(([name]) => !equal(name, key));
  return RegoObject.of([...others, [key, inserted(object.get(key), rest, value)]]);
}
