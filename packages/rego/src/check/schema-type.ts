/** Types out of JSON schemas. */
import { numberText } from '../values/number.ts';
import { isNumber } from '../values/order.ts';
import { RegoArray, RegoObject, type Value } from '../values/value.ts';
import {
  ANY,
  arrayOf,
  BOOLEAN,
  NUMBER,
  objectOf,
  or,
  type RecursiveType,
  STRING,
  type Type,
  type Unknown,
} from './type.ts';

const TYPES: ReadonlySet<string> = new Set([
  'array',
  'boolean',
  'integer',
  'number',
  'null',
  'object',
  'string',
]);
const COUNTS = ['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties'];

/** Why a schema cannot be used. */
export class SchemaError extends Error {}

/** The type of what a schema allows, as far as OPA's checker understands it. */
export function typeOfSchema(schema: Value): Type {
  new SchemaValidation().check(schema);
  return new SchemaTypes(schema).typeOf(schema) ?? ANY;
}

function field(schema: Value, name: string): Value | undefined {
  return schema instanceof RegoObject ? schema.get(name) : undefined;
}

function listed(value: Value | undefined): readonly Value[] {
  return value instanceof RegoArray ? value.items : [];
}

class SchemaValidation {
  check(schema: Value): void {
    if (typeof schema === 'boolean') return;
    if (!(schema instanceof RegoObject)) throw new SchemaError('unable to compile the schema: invalid type');
    for (const name of typesIn(schema)) {
      if (TYPES.has(name)) continue;
      const expected = [...TYPES].toSorted().join(' ');
      throw new SchemaError(
        'unable to compile the schema: has a primitive type that is NOT VALID -- ' +
          `given: /${name}/ Expected valid values are:[${expected}]`,
      );
    }
    for (const name of COUNTS) this.#count(name, schema.get(name));
    for (const name of ['allOf', 'anyOf', 'oneOf'])
      for (const one of listed(schema.get(name))) this.check(one);
    for (const name of ['properties', 'definitions', '$defs']) {
      const below = schema.get(name);
      if (below instanceof RegoObject) for (const [, one] of below.entries()) this.check(one);
    }
    const items = schema.get('items');
    for (const one of items instanceof RegoArray ? items.items : items === undefined ? [] : [items])
      this.check(one);
  }

  #count(name: string, value: Value | undefined): void {
    if (value === undefined) return;
    if (!isNumber(value) || !/^-?\d+$/.test(numberText(value))) {
      throw new SchemaError(`unable to compile the schema: ${name} must be of an integer`);
    }
    if (numberText(value).startsWith('-')) {
      throw new SchemaError(`unable to compile the schema: ${name} must be greater than or equal to 0`);
    }
  }
}

function typesIn(schema: Value): readonly string[] {
  const type = field(schema, 'type');
  const types = typeof type === 'string' ? [type] : listed(type);
  return types.filter((name) => typeof name === 'string');
}

interface Definition {
  type: Type | Unknown;
  recursive: RecursiveType | undefined;
  isOpen: boolean;
}

class SchemaTypes {
  readonly #root: Value;
  readonly #definitions = new Map<string, Definition>();

  constructor(root: Value) {
    this.#root = root;
  }

  typeOf(schema: Value): Type | Unknown {
    const ref = field(schema, '$ref');
    if (typeof ref === 'string') return this.#referred(ref);
    if (field(schema, 'anyOf') !== undefined) return this.#anyOf(schema);
    if (field(schema, 'allOf') !== undefined) return this.#allOf(schema);
    const types = typesIn(schema);
    const [assumed] = types.length > 0 ? [] : assumedTypes(schema);
    return this.#typed(schema, new Set(assumed === undefined ? types : [assumed]));
  }

  #typed(schema: Value, types: ReadonlySet<string>): Type | Unknown {
    if (types.has('boolean')) return BOOLEAN;
    if (types.has('string')) return STRING;
    if (types.has('integer') || types.has('number')) return NUMBER;
    if (types.has('object')) return this.#object(schema);
    return types.has('array') ? this.#array(schema) : ANY;
  }

  #object(schema: Value): Type {
    const properties = propertiesOf(schema);
    if (properties.length === 0) return objectOf([], { key: ANY, value: ANY });
    return objectOf(properties.map(([key, value]) => ({ key, value: this.typeOf(value) })));
  }

  #array(schema: Value): Type {
    const items = field(schema, 'items');
    if (items instanceof RegoArray && items.length > 0)
      return arrayOf(items.items.map((item) => this.typeOf(item)));
    if (items instanceof RegoObject) return arrayOf([], this.typeOf(items));
    return arrayOf([], ANY);
  }

  #anyOf(schema: Value): Type | Unknown {
    let type: Type | Unknown;
    if (typesIn(schema).length > 0) {
      const core = this.#typed(schema, new Set(typesIn(schema)));
      if (core?.type === 'object' && core.static.length > 0 && core.dynamic === undefined) type = core;
    }
    for (const one of listed(field(schema, 'anyOf'))) type = or(this.typeOf(one), type);
    return type;
  }

  #allOf(schema: Value): Type | Unknown {
    const parts = listed(field(schema, 'allOf'))
      .map((part) => this.#resolved(part))
      .filter((part) => !isBareAnyOf(part));
    const [first, ...others] = parts;
    if (first === undefined) return ANY;
    const merged = others.reduce((all, part) => merge(all, part), first);
    if (typesIn(schema).length === 0) return this.typeOf(merged);
    const [own] = typesIn(schema);
    const [theirs] = kindsOf(merged);
    if (own !== theirs) throw new SchemaError('type checking: unable to merge these schemas');
    return this.typeOf(own === 'object' || own === 'array' ? merge(merged, withoutAllOf(schema)) : merged);
  }

  #resolved(schema: Value): Value {
    let resolved = schema;
    for (let steps = 0; steps < 100; steps++) {
      const ref = field(resolved, '$ref');
      if (typeof ref !== 'string') return resolved;
      resolved = this.#find(ref);
    }
    return true;
  }

  #referred(ref: string): Type | Unknown {
    const known = this.#definitions.get(ref);
    if (known !== undefined) {
      if (!known.isOpen) return known.type;
      known.recursive ??= { type: 'recursive', name: ref, target: undefined };
      return known.recursive;
    }
    const definition: Definition = { type: undefined, recursive: undefined, isOpen: true };
    this.#definitions.set(ref, definition);
    definition.type = this.typeOf(this.#find(ref));
    definition.isOpen = false;
    if (definition.recursive !== undefined) definition.recursive.target = definition.type;
    return definition.type;
  }

  /** Only within the schema: nothing is fetched. */
  #find(ref: string): Value {
    const parts = ref.startsWith('#') ? ref.slice(1).split('/').slice(1) : undefined;
    let found: Value | undefined = parts === undefined ? undefined : this.#root;
    for (const part of parts ?? []) {
      const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
      found = found instanceof RegoArray ? found.items[Number(key)] : field(found ?? null, key);
    }
    if (found === undefined)
      throw new SchemaError(`unable to compile the schema: Object has no key '${ref}'`);
    return found;
  }
}

function assumedTypes(schema: Value): readonly string[] {
  if (propertiesOf(schema).length > 0) return ['object'];
  const items = field(schema, 'items');
  return items instanceof RegoObject || listed(items).length > 0 ? ['array'] : [];
}

function propertiesOf(schema: Value): readonly (readonly [Value, Value])[] {
  const properties = field(schema, 'properties');
  return properties instanceof RegoObject ? properties.entries() : [];
}

function kindsOf(schema: Value): readonly string[] {
  const types = typesIn(schema);
  return types.length > 0 ? types : assumedTypes(schema);
}

function isBareAnyOf(schema: Value): boolean {
  return kindsOf(schema).length === 0 && field(schema, 'anyOf') !== undefined;
}

function withoutAllOf(schema: Value): Value {
  return schema instanceof RegoObject
    ? RegoObject.of(schema.entries().filter(([key]) => key !== 'allOf'))
    : schema;
}

/** Two schemas of one type as one: objects with the properties of both. */
function merge(a: Value, b: Value): Value {
  const [kindA, kindB] = [kindsOf(a).join(','), kindsOf(b).join(',')];
  if (kindA !== kindB) {
    throw new SchemaError(
      `type checking: unable to merge these schemas: type mismatch: ${kindA} and ${kindB}`,
    );
  }
  if (kindA !== 'object' || !(a instanceof RegoObject)) return a;
  const properties = RegoObject.of([...propertiesOf(a), ...propertiesOf(b)]);
  return RegoObject.of([...a.entries().filter(([key]) => key !== 'properties'), ['properties', properties]]);
}
