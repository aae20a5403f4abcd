/** The values of Rego. All are immutable. */
import type { Decimal } from './decimal.ts';
import { spend } from './meter.ts';
import { Composite, compare, compareStrings, equal, hashOf, mixHash } from './order.ts';
import { ValueMap } from './value-map.ts';

/**
 * A JavaScript number is one whose text in Rego is what JavaScript prints: a safe integer or a fraction such as 7.5.
 * Other integers are bigints, and numbers in any other notation are decimals, which keep their text.
 */
export type Value = null | boolean | number | bigint | string | Decimal | RegoArray | RegoObject | RegoSet;

/** What `JSON.parse` makes: composites are wrapped in place when they are first looked at. */
type Raw = unknown;
type RawObject = Record<string, Raw>;

function adopt(raw: Raw): Value {
  if (typeof raw !== 'object' || raw === null || raw instanceof Composite) return raw as Value;
  if (Array.isArray(raw)) return RegoArray.ofParsed(raw);
  // Decimals are the only other objects that the reader of JSON makes.
  return Object.getPrototypeOf(raw) === Object.prototype
    ? RegoObject.ofParsed(raw as RawObject)
    : (raw as Decimal);
}

export class RegoArray extends Composite {
  readonly kind = 'array';
  static readonly empty: RegoArray = new RegoArray([]);
  private readonly raw: Raw[];
  /** Members may still be as `JSON.parse` made them. */
  private isParsed = false;

  /** Takes the array over: it MUST NOT be changed any more. */
  constructor(items: readonly Value[]) {
    super();
    this.raw = items as Raw[];
  }

  /** Takes over an array that `JSON.parse` made. */
  static ofParsed(raw: Raw[]): RegoArray {
    const array = new RegoArray(raw as Value[]);
    array.isParsed = true;
    return array;
  }

  get length(): number {
    return this.raw.length;
  }

  at(index: number): Value | undefined {
    const item = this.raw[index];
    if (!this.isParsed || typeof item !== 'object' || item === null) return item as Value | undefined;
    const value = adopt(item);
    this.raw[index] = value;
    return value;
  }

  get items(): readonly Value[] {
    if (this.isParsed) {
      for (let i = 0; i < this.raw.length; i++) this.raw[i] = adopt(this.raw[i]);
      this.isParsed = false;
    }
    return this.raw as Value[];
  }

  equals(other: Composite): boolean {
    if (!(other instanceof RegoArray) || other.length !== this.length || other.hash !== this.hash)
      return false;
    spend(this.length);
    return this.items.every((item, index) => equal(item, other.items[index] ?? null));
  }

  compareTo(other: Composite): number {
    return other instanceof RegoArray ? compareLists(this.items, other.items) : 0;
  }

  protected computeHash(): number {
    spend(this.length);
    let hash = 0x6a09e667;
    for (const item of this.items) hash = mixHash(hash, hashOf(item));
    return hash;
  }
}

export type Entry = readonly [key: Value, value: Value];

export class RegoObject extends Composite {
  readonly kind = 'object';
  static readonly empty: RegoObject = new RegoObject(new ValueMap());
  /** One of the two is there: what `JSON.parse` made, or entries under any keys. */
  private readonly raw: RawObject | undefined;
  private readonly map: ValueMap<Value> | undefined;
  private sortedKeys: readonly Value[] | undefined;

  /** Takes the map over: it MUST NOT be changed any more. */
  constructor(map: ValueMap<Value> | undefined, raw?: RawObject) {
    super();
    this.map = map;
    this.raw = raw;
  }

  /** Of equal keys the last value counts. */
  static of(entries: Iterable<Entry>): RegoObject {
    const map = new ValueMap<Value>();
    for (const [key, value] of entries) map.set(key, value);
    return new RegoObject(map);
  }

  /** Takes over an object that `JSON.parse` made. */
  static ofParsed(raw: RawObject): RegoObject {
    return new RegoObject(undefined, raw);
  }

  get size(): number {
    return this.map === undefined ? this.keys.length : this.map.size;
  }

  get(key: Value): Value | undefined {
    if (this.raw === undefined) return this.map?.get(key);
    if (typeof key !== 'string' || !Object.hasOwn(this.raw, key)) return undefined;
    const item = this.raw[key];
    if (typeof item !== 'object' || item === null) return item as Value | undefined;
    const value = adopt(item);
    this.raw[key] = value;
    return value;
  }

  has(key: Value): boolean {
    return this.get(key) !== undefined;
  }

  /** In term order. */
  get keys(): readonly Value[] {
    this.sortedKeys ??=
      this.raw === undefined ? sortedValues(this.map?.keys() ?? []) : sortedStrings(Object.keys(this.raw));
    return this.sortedKeys;
  }

  /** In no particular order, for what does not show it. */
  get unorderedKeys(): readonly Value[] {
    return this.raw === undefined ? (this.map?.keys() ?? []) : Object.keys(this.raw);
  }

  /** In term order of the keys. */
  entries(): Entry[] {
    return this.keys.map((key) => [key, this.get(key) ?? null]);
  }

  equals(other: Composite): boolean {
    if (!(other instanceof RegoObject) || other.size !== this.size || other.hash !== this.hash) return false;
    spend(this.size);
    return this.keys.every((key) => {
      const theirs = other.get(key);
      return theirs !== undefined && equal(this.get(key) ?? null, theirs);
    });
  }

  compareTo(other: Composite): number {
    if (!(other instanceof RegoObject)) return 0;
    const length = Math.min(this.keys.length, other.keys.length);
    for (let i = 0; i < length; i++) {
      spend(1);
      const [mine, theirs] = [this.keys[i] ?? null, other.keys[i] ?? null];
      const order = compare(mine, theirs) || compare(this.get(mine) ?? null, other.get(theirs) ?? null);
      if (order !== 0) return order;
    }
    return this.keys.length - other.keys.length;
  }

  /** The same in whatever order the keys come. */
  protected computeHash(): number {
    let hash = 0x3c6ef372;
    spend(this.size);
    for (const key of this.unorderedKeys) {
      hash = (hash + mixHash(hashOf(key), hashOf(this.get(key) ?? null))) | 0;
    }
    return hash;
  }
}

export class RegoSet extends Composite {
  readonly kind = 'set';
  static readonly empty: RegoSet = new RegoSet(new ValueMap());
  private readonly members: ValueMap<true>;
  private sorted: readonly Value[] | undefined;

  /** Takes the map over: it MUST NOT be changed any more. */
  constructor(members: ValueMap<true>) {
    super();
    this.members = members;
  }

  /** Of equal members the first one stays. */
  static of(items: Iterable<Value>): RegoSet {
    const members = new ValueMap<true>();
    for (const item of items) if (!members.has(item)) members.set(item, true);
    return new RegoSet(members);
  }

  get size(): number {
    return this.members.size;
  }

  has(value: Value): boolean {
    return this.members.has(value);
  }

  /** In no particular order, for what does not show it. */
  get unordered(): readonly Value[] {
    return this.members.keys();
  }

  /** In term order. */
  get items(): readonly Value[] {
    this.sorted ??= sortedValues(this.members.keys());
    return this.sorted;
  }

  equals(other: Composite): boolean {
    if (!(other instanceof RegoSet) || other.size !== this.size || other.hash !== this.hash) return false;
    spend(this.size);
    return this.unordered.every((item) => other.has(item));
  }

  compareTo(other: Composite): number {
    return other instanceof RegoSet ? compareLists(this.items, other.items) : 0;
  }

  /** The same in whatever order the members come. */
  protected computeHash(): number {
    let hash = 0x7b52a1c9;
    spend(this.size);
    for (const item of this.unordered) hash = (hash + mixHash(hashOf(item), 0x2545f491)) | 0;
    return hash;
  }
}

function compareLists(a: readonly Value[], b: readonly Value[]): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    spend(1);
    const order = compare(a[i] ?? null, b[i] ?? null);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function sortedStrings(keys: string[]): readonly Value[] {
  spend(keys.length);
  return keys.sort(compareStrings);
}

function sortedValues(values: Value[]): readonly Value[] {
  if (values.length < 2) return values;
  spend(values.length);
  return values.sort(compare);
}
