import { CodedError } from '../errors.ts';
import type { Json } from './json.ts';

/**
 * Typed reading of a parsed JSON object. Every mismatch throws `shape_invalid` and names the field:
 * `bundle.dsseEnvelope.payload: expected a string, found a number`.
 */
export class Fields {
  readonly at: string;
  readonly #object: { readonly [key: string]: Json };

  constructor(value: unknown, at: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw wrong(at, 'an object', value);
    this.#object = value as { readonly [key: string]: Json };
    this.at = at;
  }

  /** The raw value; undefined when absent, also when explicitly null (protojson treats both alike). */
  raw(key: string): Json | undefined {
    return Object.hasOwn(this.#object, key) ? (this.#object[key] ?? undefined) : undefined;
  }

  has(key: string): boolean {
    return this.raw(key) !== undefined;
  }

  keys(): readonly string[] {
    return Object.keys(this.#object);
  }

  /** All of the object, unread. */
  members(): Readonly<Record<string, Json>> {
    return this.#object;
  }

  string(key: string): string {
    return this.#require(key, 'a string', this.optionalString(key));
  }

  optionalString(key: string): string | undefined {
    return this.#optional(key, 'a string', (value) => typeof value === 'string');
  }

  boolean(key: string): boolean {
    return this.#require(key, 'true or false', this.optionalBoolean(key));
  }

  optionalBoolean(key: string): boolean | undefined {
    return this.#optional(key, 'true or false', (value) => typeof value === 'boolean');
  }

  integer(key: string): number {
    return this.#require(key, 'an integer', this.optionalInteger(key));
  }

  optionalInteger(key: string): number | undefined {
    const value = this.#optional<number>(key, 'an integer', (found) => Number.isSafeInteger(found));
    // -0 is an integer too, and as text another one.
    return value === undefined ? undefined : value + 0;
  }

  array(key: string): readonly Json[] {
    return this.#require(key, 'an array', this.optionalArray(key));
  }

  optionalArray(key: string): readonly Json[] | undefined {
    return this.#optional(key, 'an array', (value) => Array.isArray(value));
  }

  object(key: string): Fields {
    return new Fields(this.raw(key), `${this.at}.${key}`);
  }

  optionalObject(key: string): Fields | undefined {
    return this.has(key) ? this.object(key) : undefined;
  }

  /** The items of an array of objects, each with its own path (`statement.subject[3]`). */
  objects(key: string): readonly Fields[] {
    return this.array(key).map((item, index) => new Fields(item, `${this.at}.${key}[${index}]`));
  }

  strings(key: string): readonly string[] {
    return this.array(key).map((item, index) => {
      if (typeof item !== 'string') throw wrong(`${this.at}.${key}[${index}]`, 'a string', item);
      return item;
    });
  }

  /** An object whose members are all strings. */
  stringMap(key: string): Readonly<Record<string, string>> {
    const inner = this.object(key);
    return Object.fromEntries(inner.keys().map((name) => [name, inner.string(name)]));
  }

  #optional<T extends Json>(key: string, expected: string, fits: (value: Json) => boolean): T | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (!fits(value)) throw wrong(`${this.at}.${key}`, expected, value);
    return value as T;
  }

  #require<T>(key: string, expected: string, value: T | undefined): T {
    if (value === undefined) throw wrong(`${this.at}.${key}`, expected, undefined);
    return value;
  }
}

function wrong(at: string, expected: string, found: unknown): CodedError<'shape_invalid'> {
  return new CodedError('shape_invalid', `${at}: expected ${expected}, found ${kindOf(found)}`);
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
