import { signatureOf } from '../builtins/signatures.ts';
import type { Callee, ComprehensionNode, Node, RefNode, Variable } from '../plan/ir.ts';
import { Composite } from '../values/order.ts';
import { TypeTree } from './type-tree.ts';
import {
  ANY,
  arrayOf,
  bounded,
  type DynamicProperty,
  type FunctionType,
  isEmpty,
  type ObjectType,
  objectOf,
  or,
  type Property,
  select,
  setOf,
  type Type,
  typeOfValue,
  type Unknown,
  valuesOf,
} from './type.ts';

/** How a comprehension's body is typed: by the checker, which owns the rules. */
export type TypeComprehension = (node: ComprehensionNode, env: TypeEnv) => Type | Unknown;

/** What is known of variables and documents, with what is known around it. */
export class TypeEnv {
  readonly roots = new Map<'data' | 'input', TypeTree>();
  readonly variables: Map<Variable, Type | Unknown>;
  readonly next: TypeEnv | undefined;
  readonly #comprehension: TypeComprehension;

  private constructor(
    next: TypeEnv | undefined,
    variables: Map<Variable, Type | Unknown>,
    comprehension: TypeComprehension,
  ) {
    this.next = next;
    this.variables = variables;
    this.#comprehension = comprehension;
  }

  static outermost(comprehension: TypeComprehension): TypeEnv {
    return new TypeEnv(undefined, new Map(), comprehension);
  }

  /** An environment within this one. */
  inner(): TypeEnv {
    return new TypeEnv(this, new Map(), this.#comprehension);
  }

  /** For an expression with modifiers: what it tells of variables outlives it. */
  sharingVariables(): TypeEnv {
    return new TypeEnv(this, this.variables, this.#comprehension);
  }

  root(name: 'data' | 'input'): TypeTree {
    const known = this.roots.get(name);
    if (known !== undefined) return known;
    const root = new TypeTree(name);
    this.roots.set(name, root);
    return root;
  }

  setVariable(variable: Variable, type: Type | Unknown): void {
    this.variables.set(variable, type);
  }

  ofVariable(variable: Variable): Type | Unknown {
    return this.variables.has(variable) ? this.variables.get(variable) : this.next?.ofVariable(variable);
  }

  typeOf(node: Node): Type | Unknown {
    switch (node.kind) {
      case 'constant':
        return typeOfValue(node.value);
      case 'variable':
        return this.ofVariable(node.variable);
      case 'ref':
        return this.ofRef(node.head, node.path);
      case 'array':
        return bounded(arrayOf(node.items.map((item) => this.typeOf(item))));
      case 'set':
        return bounded(
          setOf(node.items.reduce<Type | Unknown>((type, item) => or(type, this.typeOf(item)), undefined)),
        );
      case 'object':
        return bounded(this.#ofObject(node.entries));
      case 'comprehension':
        return bounded(this.#comprehension(node, this));
    }
  }

  #ofObject(entries: readonly (readonly [key: Node, value: Node])[]): ObjectType {
    const properties: Property[] = [];
    let dynamic: DynamicProperty | undefined;
    for (const [key, value] of entries) {
      if (key.kind === 'constant') properties.push({ key: key.value, value: this.typeOf(value) });
      else dynamic = { key: this.typeOf(key), value: this.typeOf(value) };
    }
    return objectOf(properties, dynamic);
  }

  ofRef(head: RefNode['head'], path: readonly Node[]): Type | Unknown {
    if (typeof head !== 'string') {
      const type = this.ofVariable(head);
      return path.length === 0 ? type : selectPath(type, path);
    }
    const root = this.roots.get(head);
    return root === undefined ? this.#beyond(head, path) : this.#below(root, head, path, 0);
  }

  #beyond(head: 'data' | 'input', path: readonly Node[]): Type | Unknown {
    return this.next === undefined ? ANY : this.next.ofRef(head, path);
  }

  #below(node: TypeTree, head: 'data' | 'input', path: readonly Node[], at: number): Type | Unknown {
    const part = path[at];
    if (part === undefined) return node.extent;
    const child = part.kind === 'constant' ? node.child(part.value) : undefined;
    if (node.type !== undefined) {
      if (child !== undefined) return this.#below(child, head, path, at + 1);
      return selectPath(node.type, path.slice(at));
    }
    if (part.kind !== 'constant') return selectPath(node.extent, path.slice(at));
    return child === undefined ? this.#beyond(head, path) : this.#below(child, head, path, at + 1);
  }

  ofCallee(callee: Callee): Type | Unknown {
    if (callee.type === 'builtin') return functionTypeOf(callee.name);
    return this.ofRef(
      'data',
      callee.path.map((value) => ({ kind: 'constant', value })),
    );
  }
}

/** The type of a built-in. */
function functionTypeOf(name: string): FunctionType | Unknown {
  const signature = signatureOf(name);
  if (signature === undefined) return undefined;
  return {
    type: 'function',
    args: signature.args.map(({ type }) => type),
    result: signature.result?.type,
    variadic: signature.variadic,
  };
}

/** What a value of the type holds at the path. */
function selectPath(type: Type | Unknown, path: readonly Node[]): Type | Unknown {
  let selected = type;
  for (const part of path) {
    if (selected === undefined) return undefined;
    if (part.kind === 'constant' && !(part.value instanceof Composite))
      selected = select(selected, part.value);
    else selected = isEmpty(selected) ? ANY : valuesOf(selected);
  }
  return selected;
}
