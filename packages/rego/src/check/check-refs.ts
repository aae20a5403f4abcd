/** Refs into what cannot be walked into, and keys that cannot be there. */
import type { Node, RefNode, Statement } from '../plan/ir.ts';
import type { Location } from '../syntax/ast.ts';
import type { RegoProblem } from '../syntax/error.ts';
import { refNodeText } from './node-text.ts';
import { ANY, isEmpty, keysOf, select, STRING, type Type, type Unknown, valuesOf } from './type.ts';
import type { TypeEnv } from './type-env.ts';
import type { TypeTree } from './type-tree.ts';
import { typeText } from './type-text.ts';
import { unifies, unifyTerm } from './type-unify.ts';
import { bodiesOf, nodesOf, walkNode } from './walk.ts';

/** What is wrong with the refs of a statement, those in its bodies included; comprehensions are checked apart. */
export function checkRefs(statement: Statement, env: TypeEnv): readonly RegoProblem[] {
  const problems: RegoProblem[] = [];
  for (const node of nodesOf(statement)) problems.push(...checkRefsIn(node, env));
  for (const body of bodiesOf(statement)) {
    for (const inner of body) problems.push(...checkRefs(inner, env));
  }
  return problems;
}

function checkRefsIn(root: Node, env: TypeEnv): readonly RegoProblem[] {
  const problems: RegoProblem[] = [];
  walkNode(root, {
    node: (node) => {
      if (node.kind === 'comprehension') return true;
      if (node.kind !== 'ref') return false;
      const type = env.ofRef(node.head, node.path);
      const problem = type?.type === 'function' ? notCalled(node, type) : new RefCheck(node).check(env);
      if (problem !== undefined) problems.push(problem);
      return type?.type === 'function';
    },
  });
  return problems;
}

function notCalled(ref: RefNode, type: Type): RegoProblem {
  const message = `function ${refNodeText(ref)} used as reference, not called`;
  return { code: 'rego_type_error', message, location: ref.location, details: { have: typeText(type) } };
}

type Checked = RegoProblem | undefined;

class RefCheck {
  readonly #ref: RefNode;

  constructor(ref: RefNode) {
    this.#ref = ref;
  }

  check(env: TypeEnv): Checked {
    const { head, path } = this.#ref;
    if (typeof head !== 'string') {
      const type = env.ofVariable(head);
      if (type === undefined) env.setVariable(head, ANY);
      return this.#leaf(type ?? ANY, 0, env);
    }
    for (let scope: TypeEnv | undefined = env; scope !== undefined; scope = scope.next) {
      const root = scope.roots.get(head);
      if (root === undefined) continue;
      const result = this.#below(root, 0, env);
      if (result !== 'elsewhere') return result;
    }
    return path.length === 0 ? undefined : this.#leaf(ANY, 0, env);
  }

  /** Down the tree of documents; 'elsewhere' where this tree does not know the path. */
  #below(node: TypeTree, at: number, env: TypeEnv): Checked | 'elsewhere' {
    if (node.type !== undefined) return this.#leaf(node.type, at, env);
    const part = this.#ref.path[at];
    if (part === undefined) return undefined;
    const isName = part.kind === 'variable' || (part.kind === 'constant' && typeof part.value === 'string');
    if (at < 2 && !isName) return this.#invalid(at, env.typeOf(part), STRING);
    if (part.kind === 'variable') {
      const problem = this.#variableKey(part, keysOf(node.extent), at, env);
      if (problem !== undefined) return problem;
    }
    const child = part.kind === 'constant' ? node.child(part.value) : undefined;
    return child === undefined ? 'elsewhere' : this.#below(child, at + 1, env);
  }

  #variableKey(
    part: Node & { readonly kind: 'variable' },
    keys: Type | Unknown,
    at: number,
    env: TypeEnv,
  ): Checked {
    const known = env.ofVariable(part.variable);
    if (known === undefined) env.setVariable(part.variable, keys);
    else if (!unifies(keys, known)) return this.#invalid(at, known, keys);
    return undefined;
  }

  /** Through a value whose type is known. */
  #leaf(start: Type | Unknown, from: number, env: TypeEnv): Checked {
    let type = start;
    const { path } = this.#ref;
    for (let at = from; at < path.length; at++) {
      const part = path[at];
      if (part === undefined) return undefined;
      if (isEmpty(type)) return this.#emptyLeaf(type, part, at, env);
      const keys = keysOf(type);
      if (keys === undefined) return this.#unsupported(type);
      if (part.kind === 'constant' && isScalar(part)) {
        type = select(type, part.value);
        if (type === undefined) return this.#invalid(at, undefined, keys);
        continue;
      }
      const problem = this.#key(part, keys, at, env);
      if (problem !== undefined) return problem;
      type = valuesOf(type);
    }
    return undefined;
  }

  #key(part: Node, keys: Type, at: number, env: TypeEnv): Checked {
    if (part.kind === 'variable') return this.#variableKey(part, keys, at, env);
    if (part.kind === 'ref') {
      const known = env.ofRef(part.head, part.path);
      return known !== undefined && !unifies(known, keys) ? this.#invalid(at, known, keys) : undefined;
    }
    return unifyTerm(env, part, keys) ? undefined : this.#invalid(at, env.typeOf(part), keys);
  }

  /** A constant is never in an empty collection; walking through one is no mistake. */
  #emptyLeaf(type: Type | Unknown, part: Node, at: number, env: TypeEnv): Checked {
    if (part.kind === 'constant' && isScalar(part)) return this.#invalid(at, undefined, undefined);
    if (part.kind !== 'variable') return undefined;
    const known = env.ofVariable(part.variable);
    const keys = keysOf(type);
    if (known === undefined) env.setVariable(part.variable, ANY);
    else if (keys !== undefined && !unifies(known, keys)) return this.#invalid(at, known, keys);
    return undefined;
  }

  #invalid(at: number, have: Type | Unknown, want: Type | Unknown): RegoProblem {
    const details = { position: at + 1, have: have && typeText(have), want: want && typeText(want) };
    return this.#problem(details);
  }

  #unsupported(have: Type | Unknown): RegoProblem {
    return this.#problem({ have: typeText(have) });
  }

  #problem(details: Readonly<Record<string, unknown>>): RegoProblem {
    const location: Location = this.#ref.location;
    return {
      code: 'rego_type_error',
      message: `undefined ref: ${refNodeText(this.#ref)}`,
      location,
      details,
    };
  }
}

function isScalar({ value }: Node & { readonly kind: 'constant' }): boolean {
  return value === null || typeof value !== 'object' || !('items' in value || 'entries' in value);
}
