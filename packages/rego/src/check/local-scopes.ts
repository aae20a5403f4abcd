import type { Location } from '../syntax/ast.ts';

/** How a scope came to know a variable. */
export type Occurrence = 'argument' | 'seen' | 'assigned' | 'declared';

/** A variable in the scope that knows it. */
export interface Local {
  readonly occurrence: Occurrence;
  /** It is a variable of this scope rather than one that may come from anywhere. */
  readonly own: boolean;
  /** Of the expression that made it known. */
  readonly location: Location;
  /** How often it was named; the first time counts. */
  count: number;
  /** It occurs in the body of its scope, declarations apart. */
  used: boolean;
}

/** Scopes within scopes of one rule, the innermost last. */
export class LocalScopes {
  readonly #scopes: Map<string, Local>[];

  constructor(outermost: ReadonlyMap<string, Local> = new Map()) {
    this.#scopes = [new Map([...outermost].map(([name, local]) => [name, { ...local }]))];
  }

  push(): void {
    this.#scopes.push(new Map());
  }

  pop(): void {
    this.#scopes.pop();
  }

  /** The innermost scope. */
  get current(): Map<string, Local> {
    const scope = this.#scopes.at(-1);
    if (scope === undefined) throw new Error('there is always a scope');
    return scope;
  }

  /** The variable that a name means here. */
  find(name: string): Local | undefined {
    for (let at = this.#scopes.length - 1; at >= 0; at--) {
      const local = this.#scopes[at]?.get(name);
      if (local !== undefined) return local;
    }
    return undefined;
  }

  insert(name: string, occurrence: Occurrence, location: Location, own: boolean): Local {
    const local: Local = { occurrence, own, location, count: 1, used: false };
    this.current.set(name, local);
    return local;
  }
}
