/** Maps by structural equality of their keys. */
import { Decimal } from './decimal.ts';
import { scalarOf } from './number.ts';
import { Composite, compare, equal, hashOf } from './order.ts';
import type { Value } from './value.ts';

type Scalar = null | boolean | number | bigint | string;
type Other = Exclude<Value, Scalar>;

/** Keys of equal hash in term order, and their values. */
interface Bucket<V> {
  readonly keys: Value[];
  readonly values: V[];
}

/**
 * A map whose keys are any values. Scalars are keys of a JavaScript map; the others are found by their hash,
 * and among those of equal hash by binary search, so that chosen collisions cost no more than their logarithm.
 */
export class ValueMap<V> {
  readonly #scalars = new Map<Scalar, V>();
  #buckets: Map<number, Bucket<V>> | undefined;
  #others = 0;
  /** A decimal may equal a number among the scalars: both places are to be looked at. */
  #hasDecimals = false;

  get size(): number {
    return this.#scalars.size + this.#others;
  }

  get(key: Value): V | undefined {
    if (key instanceof Composite) return this.#inBuckets(key);
    if (key instanceof Decimal) return this.#inBuckets(key) ?? this.#equalScalar(key);
    const found = this.#scalars.get(key);
    return found === undefined && this.#hasDecimals ? this.#inBuckets(key) : found;
  }

  has(key: Value): boolean {
    return this.get(key) !== undefined;
  }

  /** Where an equal key is there already it stays, with the new value. */
  set(key: Value, value: V): void {
    if (isOther(key)) this.#setOther(key, value);
    else if (this.#hasDecimals && this.#inBuckets(key) !== undefined) this.#setInBuckets(key, value);
    else this.#scalars.set(key, value);
  }

  /** In no particular order. */
  keys(): Value[] {
    const keys: Value[] = [...this.#scalars.keys()];
    // Not as arguments: of those there may not be as many as keys whose hashes were made to collide.
    for (const bucket of this.#buckets?.values() ?? []) for (const key of bucket.keys) keys.push(key);
    return keys;
  }

  #setOther(key: Other, value: V): void {
    if (key instanceof Decimal) {
      const scalar = scalarOf(key);
      if (scalar !== undefined && this.#scalars.has(scalar)) {
        this.#scalars.set(scalar, value);
        return;
      }
      this.#hasDecimals = true;
    }
    this.#setInBuckets(key, value);
  }

  #equalScalar(key: Decimal): V | undefined {
    const scalar = scalarOf(key);
    return scalar === undefined ? undefined : this.#scalars.get(scalar);
  }

  #inBuckets(key: Value): V | undefined {
    const bucket = this.#buckets?.get(hashOf(key));
    if (bucket === undefined) return undefined;
    const at = search(bucket.keys, key);
    return at < 0 ? undefined : bucket.values[at];
  }

  #setInBuckets(key: Value, value: V): void {
    this.#buckets ??= new Map();
    const hash = hashOf(key);
    const bucket = this.#buckets.get(hash);
    if (bucket === undefined) {
      this.#buckets.set(hash, { keys: [key], values: [value] });
      this.#others++;
      return;
    }
    const at = search(bucket.keys, key);
    if (at >= 0) bucket.values[at] = value;
    else {
      bucket.keys.splice(~at, 0, key);
      bucket.values.splice(~at, 0, value);
      this.#others++;
    }
  }
}

function isOther(key: Value): key is Other {
  return key instanceof Composite || key instanceof Decimal;
}

/** The place of an equal key, or the complement of where it belongs. */
function search(keys: readonly Value[], key: Value): number {
  const [only] = keys;
  if (keys.length === 1 && only !== undefined && equal(only, key)) return 0;
  let [low, high] = [0, keys.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const order = compare(keys[middle] ?? null, key);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return ~low;
}
