/** The keywords of a schema that hold no schemas. */

import { exactInteger, numberText, type RegoNumber } from '../../values/number.ts';
import { isNumber } from '../../values/order.ts';
import { RegoArray, type RegoObject, type Value } from '../../values/value.ts';
import { comparableJson } from './comparable.ts';
import { HYBRID, type Schema, SchemaError } from './schema.ts';

const TYPES: readonly string[] = ['array', 'boolean', 'integer', 'number', 'null', 'object', 'string'];

export function invalidType(expected: string, given: string): SchemaError {
  return new SchemaError(`Invalid type. Expected: ${expected}, given: ${given}`);
}

export function stringMember(node: RegoObject, key: string): string | undefined {
  const value = node.get(key);
  if (value === undefined || typeof value === 'string') return value;
  throw invalidType('string', key);
}

export function listMember(node: RegoObject, key: string): readonly Value[] | undefined {
  const value = node.get(key);
  if (value === undefined) return undefined;
  if (value instanceof RegoArray) return value.items;
  throw new SchemaError(`${key} must be of an array`);
}

export function readTypes(node: RegoObject, schema: Schema): void {
  const type = node.get('type');
  if (type === undefined) return;
  for (const name of type instanceof RegoArray ? type.items : [type]) {
    if (typeof name !== 'string') throw invalidType('type', 'string/Array Of Strings');
    if (!TYPES.includes(name)) {
      throw new SchemaError(
        `has a primitive type that is NOT VALID -- given: /${name}/ Expected valid values are:[${TYPES.join(' ')}]`,
      );
    }
    if (schema.types.includes(name)) throw new SchemaError(`${name} type is duplicated`);
    schema.types.push(name);
  }
}

export function readNumberLimits(node: RegoObject, schema: Schema): void {
  const multipleOf = node.get('multipleOf');
  if (multipleOf !== undefined) {
    if (!isNumber(multipleOf)) throw invalidType('Number', 'multipleOf');
    if (!numberText(multipleOf).match(/^[^-eE]*[1-9]/)) {
      throw new SchemaError('multipleOf must be strictly greater than 0');
    }
    schema.multipleOf = multipleOf;
  }
  readLimit(node, schema, 'minimum', 'exclusiveMinimum');
  readLimit(node, schema, 'maximum', 'exclusiveMaximum');
}

/** An exclusive limit is a flag in draft 4, and a number of its own since draft 6. */
function readLimit(
  node: RegoObject,
  schema: Schema,
  key: 'minimum' | 'maximum',
  exclusiveKey: 'exclusiveMinimum' | 'exclusiveMaximum',
): void {
  const limit = node.get(key);
  if (limit !== undefined && !isNumber(limit)) throw new SchemaError(`${key} must be of a Number`);
  const exclusive = node.get(exclusiveKey);
  if (exclusive === undefined) {
    setLimit(schema, key, limit);
  } else if (typeof exclusive === 'boolean' && (schema.draft === 4 || schema.draft === HYBRID)) {
    if (limit === undefined) throw new SchemaError(`${exclusiveKey} cannot be used without ${key}`);
    setLimit(schema, exclusive ? exclusiveKey : key, limit);
  } else if (isNumber(exclusive) && schema.draft !== 4) {
    setLimit(schema, key, limit);
    setLimit(schema, exclusiveKey, exclusive);
  } else {
    const expected = schema.draft === 4 ? 'boolean' : schema.draft === HYBRID ? 'boolean/number' : 'number';
    throw invalidType(expected, exclusiveKey);
  }
}

function setLimit(
  schema: Schema,
  key: 'minimum' | 'maximum' | 'exclusiveMinimum' | 'exclusiveMaximum',
  limit: RegoNumber | undefined,
): void {
  if (limit !== undefined) schema[key] = limit;
}

type CountKey = 'minLength' | 'maxLength' | 'minProperties' | 'maxProperties' | 'minItems' | 'maxItems';

export function readCount(node: RegoObject, schema: Schema, key: CountKey): number | undefined {
  const value = node.get(key);
  if (value === undefined) return undefined;
  const count = isNumber(value) && /^-?\d+$/.test(numberText(value)) ? exactInteger(value) : undefined;
  if (count === undefined || BigInt.asIntN(64, count) !== count) {
    throw new SchemaError(`${key} must be of an integer`);
  }
  if (count < 0n) throw new SchemaError(`${key} must be greater than or equal to 0`);
  schema[key] = Number(count);
  return schema[key];
}

export function readRequired(node: RegoObject, schema: Schema): void {
  const seen = new Set<string>();
  for (const name of listMember(node, 'required') ?? []) {
    if (typeof name !== 'string') throw invalidType('string', 'required');
    if (seen.has(name)) throw new SchemaError('required items must be unique');
    seen.add(name);
    schema.required.push(name);
  }
}

export function readUniqueItems(node: RegoObject, schema: Schema): void {
  const value = node.get('uniqueItems');
  if (value === undefined) return;
  if (typeof value !== 'boolean') throw new SchemaError('uniqueItems must be of a boolean');
  schema.hasUniqueItems = value;
}

export function readValues(node: RegoObject, schema: Schema): void {
  const constant = node.get('const');
  if (constant !== undefined && schema.draft >= 6) schema.constant = comparableJson(constant);
  const allowed = listMember(node, 'enum')?.map(comparableJson);
  if (allowed === undefined) return;
  if (new Set(allowed).size < allowed.length) throw new SchemaError('enum items must be unique');
  schema.allowed = allowed;
}
