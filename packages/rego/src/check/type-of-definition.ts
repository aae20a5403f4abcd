import type { Node } from '../plan/ir.ts';
import type { Definition } from './rule-tree.ts';
import { ANY, objectOf, setOf, type Type, type Unknown } from './type.ts';
import type { TypeEnv } from './type-env.ts';
import { walkNode } from './walk.ts';

/** The type of what a definition puts at the constant beginning of its path. */
export function typeOfDefinition({ clause, path }: Definition, env: TypeEnv): Type | Unknown {
  const { args, key, value } = clause;
  if (args !== undefined) return typeOfFunction(args, value, env);
  const own = key === undefined ? value && env.typeOf(value) : asSet(env.typeOf(key));
  const end = path.indexOf(undefined);
  return end < 0 ? own : nested(clause.suffix.slice(end - clause.path.length), own, env);
}

function asSet(of: Type | Unknown): Type | Unknown {
  return of && setOf(of);
}

/** What nothing is known of can be called with anything. */
function typeOfFunction(args: readonly Node[], value: Node | undefined, env: TypeEnv): Type {
  for (const arg of args) {
    walkNode(arg, {
      node: (node) => {
        if (node.kind === 'variable' && env.ofVariable(node.variable) === undefined) {
          env.setVariable(node.variable, ANY);
        }
        return false;
      },
    });
  }
  const types = args.map((arg) => env.typeOf(arg));
  return { type: 'function', args: types, result: value && env.typeOf(value), variadic: undefined };
}

/** An object for each part of the path behind its constant beginning. */
function nested(path: readonly Node[], type: Type | Unknown, env: TypeEnv): Type | Unknown {
  const [part, ...rest] = path;
  if (part === undefined) return type;
  const value = nested(rest, type, env);
  const key = env.typeOf(part);
  return value === undefined || key === undefined ? undefined : objectOf([], { key, value });
}
