/** What comprehensions and rules with many values gather. */
import type { Location } from '../syntax/ast.ts';
import { equal } from '../values/order.ts';
import { RegoArray, RegoObject, RegoSet, type Value } from '../values/value.ts';
import { ValueMap } from '../values/value-map.ts';
import { conflict } from './error.ts';

export abstract class Collector {
  abstract finish(): Value;
}

export class ArrayCollector extends Collector {
  readonly items: Value[] = [];

  finish(): Value {
    return this.items.length === 0 ? RegoArray.empty : new RegoArray(this.items);
  }
}

export class SetCollector extends Collector {
  /** Most sets stay empty: they need no map. */
  #members: ValueMap<true> | undefined;

  add(value: Value): void {
    this.#members ??= new ValueMap();
    if (!this.#members.has(value)) this.#members.set(value, true);
  }

  finish(): RegoSet {
    return this.#members === undefined ? RegoSet.empty : new RegoSet(this.#members);
  }
}

export class ObjectCollector extends Collector {
  readonly #entries = new ValueMap<Value>();

  add(key: Value, value: Value, location: Location): void {
    const known = this.#entries.get(key);
    if (known === undefined) this.#entries.set(key, value);
    else if (!equal(known, value)) throw conflict('object keys must be unique', location);
  }

  finish(): Value {
    return this.#entries.size === 0 ? RegoObject.empty : new RegoObject(this.#entries);
  }
}

/** The object that rules with variables in their refs build: objects in objects, with values or sets at the ends. */
export class NestedCollector extends Collector {
  readonly #entries = new ValueMap<Nested>();

  addValue(path: readonly Value[], value: Value, location: Location): void {
    const [parent, key] = this.#parentOf(path, location);
    const known = parent.#entries.get(key);
    if (known === undefined) parent.#entries.set(key, new Leaf(value));
    else if (!equal(finished(known), value)) throw conflict('object keys must be unique', location);
  }

  addMember(path: readonly Value[], member: Value, location: Location): void {
    const [parent, key] = this.#parentOf(path, location);
    const known = parent.#entries.get(key);
    if (known === undefined) {
      const members = new SetCollector();
      members.add(member);
      parent.#entries.set(key, members);
    } else if (known instanceof SetCollector) known.add(member);
    else throw conflict('object keys must be unique', location);
  }

  finish(): Value {
    return RegoObject.of(
      this.#entries.keys().map((key) => {
        const entry = this.#entries.get(key);
        return [key, entry === undefined ? null : finished(entry)] as const;
      }),
    );
  }

  #parentOf(path: readonly Value[], location: Location): readonly [NestedCollector, Value] {
    const [key = null, ...rest] = path;
    if (rest.length === 0) return [this, key];
    let inner = this.#entries.get(key);
    if (inner === undefined) {
      inner = new NestedCollector();
      this.#entries.set(key, inner);
    }
    if (!(inner instanceof NestedCollector)) throw conflict('object keys must be unique', location);
    return inner.#parentOf(rest, location);
  }
}

class Leaf {
  readonly value: Value;

  constructor(value: Value) {
    this.value = value;
  }
}

type Nested = Leaf | SetCollector | NestedCollector;

function finished(entry: Nested): Value {
  return entry instanceof Leaf ? entry.value : entry.finish();
}
