/** Judges documents by schemas. */

import { jsonKey } from '../../values/json.ts';
import { exactInteger } from '../../values/number.ts';
import { isNumber } from '../../values/order.ts';
import { RegoArray, RegoObject, type Value } from '../../values/value.ts';
import { runeCount } from '../go/text.ts';
import { comparableJson } from './comparable.ts';
import type { FormatCheck } from './formats.ts';
import { judgeNumber } from './judge-number.ts';
import { closest, Outcome, type Path, ROOT } from './outcome.ts';
import type { Pattern, Schema } from './schema.ts';

export interface JudgeHost {
  step(count: number): void;
  matches(pattern: Pattern, text: string): boolean;
  readonly formats: ReadonlyMap<string, FormatCheck>;
}

export function judgeDocument(schema: Schema, document: Value, host: JudgeHost): Outcome {
  return new Judge(host).judged(schema, document, ROOT);
}

function typeOf(value: Value): string {
  if (value === null) return 'null';
  if (value instanceof RegoArray) return 'array';
  if (value instanceof RegoObject) return 'object';
  if (isNumber(value)) return exactInteger(value) === undefined ? 'number' : 'integer';
  return typeof value;
}

function isOfType(types: readonly string[], type: string): boolean {
  return types.length === 0 || types.includes(type) || (type === 'integer' && types.includes('number'));
}

class Judge {
  readonly #host: JudgeHost;

  constructor(host: JudgeHost) {
    this.#host = host;
  }

  judged(schema: Schema, value: Value, path: Path): Outcome {
    const outcome = new Outcome();
    this.#judge(schema, value, outcome, path);
    this.#host.step(outcome.flaws.length);
    return outcome;
  }

  #judge(schema: Schema, value: Value, outcome: Outcome, path: Path): void {
    this.#host.step(1);
    if (schema.passes !== undefined) {
      if (!schema.passes) outcome.add(path, 'false', 'False always fails validation');
      return;
    }
    if (schema.refersTo !== undefined) {
      this.#judge(schema.refersTo, value, outcome, path);
      return;
    }
    const type = typeOf(value);
    if (!isOfType(schema.types, type)) {
      const expected = schema.types.length > 1 ? `[${schema.types.join(',')}]` : schema.types[0];
      outcome.add(path, 'invalid_type', `Invalid type. Expected: ${expected}, given: ${type}`);
      return;
    }
    this.#judgeCombinations(schema, value, outcome, path);
    if (isNumber(value)) judgeNumber(schema, value, outcome, path);
    if (value instanceof RegoArray) this.#judgeArray(schema, value, outcome, path);
    if (value instanceof RegoObject) this.#judgeObject(schema, value, outcome, path);
    this.#judgeValue(schema, value, outcome, path);
    if (typeof value === 'string') this.#judgeString(schema, value, outcome, path);
    if (value instanceof RegoObject) {
      for (const [name, property] of schema.properties) {
        const member = value.get(name);
        if (member !== undefined) this.#judge(property, member, outcome, { name, outer: path });
      }
    }
    outcome.score++;
  }

  #judgeCombinations(schema: Schema, value: Value, outcome: Outcome, path: Path): void {
    this.#judgeAny(schema.anyOf, value, outcome, path);
    this.#judgeOne(schema.oneOf, value, outcome, path);
    const all = schema.allOf.map((part) => this.judged(part, value, path));
    for (const part of all) outcome.merge(part);
    if (!all.every((part) => part.isValid)) {
      outcome.add(path, 'number_all_of', 'Must validate all the schemas (allOf)');
    }
    if (schema.not !== undefined && this.judged(schema.not, value, path).isValid) {
      outcome.add(path, 'number_not', 'Must not validate the schema (not)');
    }
    if (value instanceof RegoObject) this.#judgeDependencies(schema, value, outcome, path);
    this.#judgeCondition(schema, value, outcome, path);
    outcome.score++;
  }

  #judgeAny(schemas: readonly Schema[], value: Value, outcome: Outcome, path: Path): void {
    if (schemas.length === 0) return;
    const failed: Outcome[] = [];
    for (const schema of schemas) {
      const one = this.judged(schema, value, path);
      if (one.isValid) return;
      failed.push(one);
    }
    outcome.add(path, 'number_any_of', 'Must validate at least one schema (anyOf)');
    outcome.merge(closest(failed) ?? new Outcome());
  }

  #judgeOne(schemas: readonly Schema[], value: Value, outcome: Outcome, path: Path): void {
    if (schemas.length === 0) return;
    const all = schemas.map((schema) => this.judged(schema, value, path));
    const valid = all.filter((one) => one.isValid).length;
    if (valid === 1) return;
    outcome.add(path, 'number_one_of', 'Must validate one and only one schema (oneOf)');
    if (valid === 0) outcome.merge(closest(all) ?? new Outcome());
  }

  #judgeDependencies(schema: Schema, value: RegoObject, outcome: Outcome, path: Path): void {
    if (schema.dependencies.size === 0) return;
    for (const key of value.keys) {
      this.#host.step(1);
      const dependency = schema.dependencies.get(jsonKey(key));
      if (dependency === undefined) continue;
      if (!('length' in dependency)) {
        this.#judge(dependency, value, outcome, path);
        continue;
      }
      for (const name of dependency) {
        if (!value.has(name)) outcome.add(path, 'missing_dependency', `Has a dependency on ${name}`);
      }
    }
  }

  #judgeCondition(schema: Schema, value: Value, outcome: Outcome, path: Path): void {
    if (schema.condition === undefined) return;
    const holds = this.judged(schema.condition, value, path).isValid;
    const chosen = holds ? schema.whenTrue : schema.whenFalse;
    const judged = chosen && this.judged(chosen, value, path);
    if (judged === undefined || judged.isValid) return;
    if (holds) outcome.add(path, 'condition_then', 'Must validate "then" as "if" was valid');
    else outcome.add(path, 'condition_else', 'Must validate "else" as "if" was not valid');
    outcome.merge(judged);
  }

  #judgeValue(schema: Schema, value: Value, outcome: Outcome, path: Path): void {
    const { constant, allowed, format } = schema;
    if (constant !== undefined && this.#comparable(value) !== constant) {
      outcome.add(path, 'const', (field) => `${field} does not match: ${constant}`);
    }
    if (allowed !== undefined) {
      this.#host.step(allowed.length);
      if (!allowed.includes(this.#comparable(value))) {
        outcome.add(path, 'enum', (field) => `${field} must be one of the following: ${allowed.join(', ')}`);
      }
    }
    if (format !== undefined && typeof value === 'string') {
      this.#host.step(1 + (value.length >> 6));
      if (this.#host.formats.get(format)?.(value) === false) {
        outcome.add(path, 'format', `Does not match format '${format}'`);
      }
    }
    outcome.score++;
  }

  #comparable(value: Value): string {
    const text = comparableJson(value);
    this.#host.step(1 + (text.length >> 6));
    return text;
  }

  #judgeArray(schema: Schema, value: RegoArray, outcome: Outcome, path: Path): void {
    for (const [index, item] of value.items.entries()) {
      const own = schema.hasSameItems ? schema.items[0] : schema.items[index];
      const judging = own ?? (schema.items.length > 0 ? schema.additionalItems : undefined);
      if (judging === undefined || typeof judging === 'boolean') continue;
      outcome.merge(this.judged(judging, item, { name: String(index), outer: path }));
    }
    const isTooLong = !schema.hasSameItems && schema.items.length > 0 && schema.items.length < value.length;
    if (isTooLong && schema.additionalItems === false) {
      outcome.add(path, 'array_no_additional_items', 'No additional items allowed on array');
    }
    if (schema.minItems !== undefined && value.length < schema.minItems) {
      outcome.add(path, 'array_min_items', `Array must have at least ${schema.minItems} items`);
    }
    if (schema.maxItems !== undefined && value.length > schema.maxItems) {
      outcome.add(path, 'array_max_items', `Array must have at most ${schema.maxItems} items`);
    }
    if (schema.hasUniqueItems) this.#judgeUnique(value, outcome, path);
    if (schema.contains !== undefined) this.#judgeContains(schema.contains, value, outcome, path);
    outcome.score++;
  }

  #judgeUnique(value: RegoArray, outcome: Outcome, path: Path): void {
    const seen = new Map<string, number>();
    for (const [index, item] of value.items.entries()) {
      const text = this.#comparable(item);
      const before = seen.get(text);
      if (before !== undefined) {
        outcome.add(path, 'unique', `array items[${before},${index}] must be unique`);
      }
      seen.set(text, index);
    }
  }

  #judgeContains(schema: Schema, value: RegoArray, outcome: Outcome, path: Path): void {
    const failed: Outcome[] = [];
    for (const [index, item] of value.items.entries()) {
      const one = this.judged(schema, item, { name: String(index), outer: path });
      if (one.isValid) return;
      failed.push(one);
    }
    outcome.add(path, 'contains', 'At least one of the items must match');
    outcome.merge(closest(failed) ?? new Outcome());
  }

  #judgeObject(schema: Schema, value: RegoObject, outcome: Outcome, path: Path): void {
    if (schema.minProperties !== undefined && value.size < schema.minProperties) {
      outcome.add(path, 'array_min_properties', `Must have at least ${schema.minProperties} properties`);
    }
    if (schema.maxProperties !== undefined && value.size > schema.maxProperties) {
      outcome.add(path, 'array_max_properties', `Must have at most ${schema.maxProperties} properties`);
    }
    for (const name of schema.required) {
      this.#host.step(1);
      if (value.has(name)) outcome.score++;
      else outcome.add(path, 'required', `${name} is required`);
    }
    for (const [key, member] of value.entries())
      this.#judgeMember(schema, jsonKey(key), member, outcome, path);
    if (schema.propertyNames !== undefined) this.#judgeNames(schema.propertyNames, value, outcome, path);
    outcome.score++;
  }

  #judgeMember(schema: Schema, name: string, value: Value, outcome: Outcome, path: Path): void {
    this.#host.step(1);
    let isKnown = false;
    for (const [pattern, judging] of schema.patternProperties) {
      if (!this.#host.matches(pattern, name)) continue;
      isKnown = true;
      outcome.merge(this.judged(judging, value, { name, outer: path }));
    }
    if (isKnown) outcome.score++;
    if (isKnown || schema.properties.has(name)) return;
    const { additionalProperties } = schema;
    if (additionalProperties === false) {
      outcome.add(path, 'additional_property_not_allowed', `Additional property ${name} is not allowed`);
    } else if (typeof additionalProperties === 'object') {
      outcome.merge(this.judged(additionalProperties, value, { name, outer: path }));
    }
  }

  #judgeNames(schema: Schema, value: RegoObject, outcome: Outcome, path: Path): void {
    for (const key of value.keys) {
      const judged = this.judged(schema, key, path);
      if (judged.isValid) continue;
      outcome.add(path, 'invalid_property_name', `Property name of "${jsonKey(key)}" does not match`);
      outcome.merge(judged);
    }
  }

  #judgeString(schema: Schema, value: string, outcome: Outcome, path: Path): void {
    const { minLength, maxLength, pattern } = schema;
    if (minLength !== undefined && runeCount(value) < minLength) {
      outcome.add(path, 'string_gte', `String length must be greater than or equal to ${minLength}`);
    }
    if (maxLength !== undefined && runeCount(value) > maxLength) {
      outcome.add(path, 'string_lte', `String length must be less than or equal to ${maxLength}`);
    }
    if (pattern !== undefined && !this.#host.matches(pattern, value)) {
      outcome.add(path, 'pattern', `Does not match pattern '${pattern.source}'`);
    }
    outcome.score++;
  }
}
