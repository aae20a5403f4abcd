/** A document that many edits change in place; only what they touch is unfolded. */
import { equal, isNumber, typeName } from '../values/order.ts';
import { termText } from '../values/text.ts';
import { RegoArray, RegoObject, RegoSet, type Value } from '../values/value.ts';
import { ValueMap } from '../values/value-map.ts';
import { builtinError } from './builtin.ts';
import { machineInteger } from './operands.ts';

/** A value that can be edited. What cannot be done throws a built-in's error, in OPA's words. */
export interface EditNode {
  insert(key: Value, value: Value): EditNode;
  remove(key: Value): void;
  /** The node under a key, unfolded. */
  child(key: Value): EditNode;
  render(): Value;
}

/** Counts work: arrays move their members with each edit. */
export type Spend = (steps: number) => void;

export function editNode(value: Value, spend: Spend): EditNode {
  if (value instanceof RegoObject) return new ObjectNode(value, spend);
  if (value instanceof RegoArray) return new ArrayNode(value, spend);
  return value instanceof RegoSet ? new SetNode(value, spend) : new ScalarNode(value);
}

function isComposite(value: Value): boolean {
  return value instanceof RegoObject || value instanceof RegoArray || value instanceof RegoSet;
}

/** What became of a key: a node, or where it was removed which kind of value it had. */
type Slot = { readonly node: EditNode } | { readonly removed: 'scalar' | 'composite' };

function removedSlot(value: Value): Slot {
  return { removed: isComposite(value) ? 'composite' : 'scalar' };
}

function missing(key: Value): Error {
  return builtinError(`cannot delete child key ${termText(key)} that does not exist`);
}

class ScalarNode implements EditNode {
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  insert(): never {
    throw builtinError(`expected composite type, found value: ${this.#described()}`);
  }

  remove(): never {
    return this.insert();
  }

  child(key: Value): never {
    throw builtinError(
      `expected composite type for path ${termText(key)}, found value: ${this.#described()}`,
    );
  }

  render(): Value {
    return this.#value;
  }

  #described(): string {
    const name = typeName(this.#value);
    return `${termText(this.#value)} (type: ast.${name.charAt(0).toUpperCase()}${name.slice(1)})`;
  }
}

class ObjectNode implements EditNode {
  readonly #base: RegoObject;
  readonly #slots = new ValueMap<Slot>();
  readonly #spend: Spend;

  constructor(base: RegoObject, spend: Spend) {
    this.#base = base;
    this.#spend = spend;
  }

  insert(key: Value, value: Value): EditNode {
    const node = editNode(value, this.#spend);
    this.#slots.set(key, { node });
    return node;
  }

  remove(key: Value): void {
    const slot = this.#slots.get(key);
    const value = slot === undefined ? this.#base.get(key) : undefined;
    if (slot !== undefined && 'removed' in slot) {
      throw builtinError(`cannot delete the already deleted ${slot.removed} node for key ${termText(key)}`);
    }
    if (slot !== undefined) this.#slots.set(key, removedSlot(slot.node.render()));
    else if (value === undefined) throw missing(key);
    else this.#slots.set(key, removedSlot(value));
  }

  child(key: Value): EditNode {
    const slot = this.#slots.get(key);
    if (slot !== undefined && 'node' in slot) return slot.node;
    if (slot !== undefined) {
      throw builtinError(`cannot unfold the already deleted ${slot.removed} node for key ${termText(key)}`);
    }
    const value = this.#base.get(key);
    if (value !== undefined) return this.insert(key, value);
    throw builtinError(`path ${termText(key)} does not exist in object term ${termText(this.#base)}`);
  }

  render(): Value {
    if (this.#slots.size === 0) return this.#base;
    this.#spend(this.#base.size + this.#slots.size);
    const entries = new ValueMap<Value>();
    for (const [key, value] of this.#base.entries()) if (!this.#slots.has(key)) entries.set(key, value);
    for (const key of this.#slots.keys()) {
      const slot = this.#slots.get(key);
      if (slot !== undefined && 'node' in slot) entries.set(key, slot.node.render());
    }
    return new RegoObject(entries);
  }
}

/** A member of a set is its own key: before a composite one is looked up, all edits are carried out. */
class SetNode implements EditNode {
  #base: RegoSet;
  #slots = new ValueMap<Slot>();
  readonly #spend: Spend;

  constructor(base: RegoSet, spend: Spend) {
    this.#base = base;
    this.#spend = spend;
  }

  insert(key: Value, value: Value): EditNode {
    if (!equal(key, value)) {
      throw builtinError(`set key ${termText(key)} does not equal value to be inserted ${termText(value)}`);
    }
    this.#settle(key);
    const node = editNode(value, this.#spend);
    this.#slots.set(key, { node });
    return node;
  }

  remove(key: Value): void {
    this.#settle(key);
    const slot = this.#slots.get(key);
    if (slot !== undefined && 'removed' in slot) {
      throw builtinError(`cannot delete the already deleted scalar node for key ${termText(key)}`);
    }
    if (slot === undefined && !this.#base.has(key)) throw missing(key);
    this.#slots.set(key, removedSlot(key));
  }

  child(key: Value): EditNode {
    this.#settle(key);
    const slot = this.#slots.get(key);
    if (slot !== undefined && 'node' in slot) return slot.node;
    if (slot === undefined && this.#base.has(key)) return this.insert(key, key);
    throw builtinError(`path ${termText(key)} does not exist in set term ${termText(this.#base)}`);
  }

  render(): Value {
    if (this.#slots.size === 0) return this.#base;
    this.#spend(this.#base.size + this.#slots.size);
    const members = this.#base.items.filter((item) => !this.#slots.has(item));
    for (const key of this.#slots.keys()) {
      const slot = this.#slots.get(key);
      if (slot !== undefined && 'node' in slot) members.push(slot.node.render());
    }
    return RegoSet.of(members);
  }

  #settle(key: Value): void {
    if (!isComposite(key) || this.#slots.size === 0) return;
    const rendered = this.render();
    if (rendered instanceof RegoSet) this.#base = rendered;
    this.#slots = new ValueMap();
  }
}

/** A member that is still as it was, or a node that an edit put there. */
type Item = { readonly original: Value } | { readonly node: EditNode };

class ArrayNode implements EditNode {
  readonly #base: RegoArray;
  readonly #items: Item[];
  readonly #spend: Spend;

  constructor(base: RegoArray, spend: Spend) {
    spend(base.length);
    this.#base = base;
    this.#items = base.items.map((original) => ({ original }));
    this.#spend = spend;
  }

  insert(key: Value, value: Value): EditNode {
    const index = indexOf(this.#items.length, key);
    if (index < 0 || index > this.#items.length) {
      throw builtinError('index for array insertion out of bounds');
    }
    const node = editNode(value, this.#spend);
    this.#spend((this.#items.length - index) >> 4);
    this.#items.splice(index, 0, { node });
    return node;
  }

  remove(key: Value): void {
    const index = indexOf(this.#items.length, key);
    if (index < 0 || index >= this.#items.length) {
      throw builtinError('index for array delete out of bounds');
    }
    this.#spend((this.#items.length - index) >> 4);
    this.#items.splice(index, 1);
  }

  /**
   * As OPA 1.22 does: a member that no edit has touched is looked up at this index of the array
   * as it was before all edits, and takes the place of what is there now.
   */
  child(key: Value): EditNode {
    const index = indexOf(this.#items.length, key);
    const item = this.#items[index];
    if (item !== undefined && 'node' in item) return item.node;
    const original = this.#base.at(index);
    if (original === undefined) {
      throw builtinError(`path ${index} does not exist in array term ${termText(this.#base)}`);
    }
    this.remove(index);
    return this.insert(index, original);
  }

  render(): Value {
    this.#spend(this.#items.length);
    return new RegoArray(this.#items.map((item) => ('node' in item ? item.node.render() : item.original)));
  }
}

/** `-` is the place behind the last member. */
function indexOf(length: number, key: Value): number {
  if (isNumber(key)) {
    const index = machineInteger(key);
    if (index === undefined) throw builtinError('invalid number type for indexing');
    return Number(index);
  }
  if (typeof key !== 'string') throw builtinError('invalid type for indexing');
  if (key === '-') return length;
  if (!/^[-+]?\d{1,19}$/.test(key)) throw builtinError('invalid string for indexing');
  if (key !== '0' && key.startsWith('0')) throw builtinError('leading zeros are not allowed in JSON paths');
  return Number(key);
}
