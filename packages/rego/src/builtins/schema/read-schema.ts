/** Reads a schema, with all schemas in it and all that it refers to. */
import { jsonKey } from '../../values/json.ts';
import { RegoArray, RegoObject, type Value } from '../../values/value.ts';
import {
  invalidType,
  listMember,
  readCount,
  readNumberLimits,
  readRequired,
  readTypes,
  readUniqueItems,
  readValues,
  stringMember,
} from './read-keywords.ts';
import { normalReference, References } from './references.ts';
import { HYBRID, type Pattern, Schema, SchemaError } from './schema.ts';

export interface ReadHost {
  step(): void;
  /** `undefined` for what is no regular expression. */
  compile(source: string): Pattern | undefined;
}

/** The document MUST NOT hold one object at two places, as none that was parsed does. */
export function readSchema(document: Value, host: ReadHost): Schema {
  const references = new References(document, () => host.step());
  const root = new Schema('(Root)', references.draft ?? HYBRID);
  new SchemaReader(references, host).read(document, root);
  return root;
}

function isSchema(node: Value): boolean {
  return typeof node === 'boolean' || node instanceof RegoObject;
}

/** Keywords with one schema each, and the draft that brought them. */
const PARTS = [
  { key: 'not', part: 'not', since: 4 },
  { key: 'if', part: 'condition', since: 7 },
  { key: 'then', part: 'whenTrue', since: 7 },
  { key: 'else', part: 'whenFalse', since: 7 },
] as const;

class SchemaReader {
  readonly #references: References;
  readonly #host: ReadHost;
  readonly #referred = new Map<string, Schema>();

  constructor(references: References, host: ReadHost) {
    this.#references = references;
    this.#host = host;
  }

  read(node: Value, schema: Schema): void {
    this.#host.step();
    if (typeof node === 'boolean' && schema.draft >= 6) {
      schema.passes = node;
      return;
    }
    if (!(node instanceof RegoObject)) throw new SchemaError('Expected: Valid Schema, given: Invalid JSON');
    this.#readIdentity(node, schema);
    if (this.#readReference(node, schema)) return;
    readTypes(node, schema);
    this.#readProperties(node, schema);
    this.#readItems(node, schema);
    readNumberLimits(node, schema);
    this.#readText(node, schema);
    this.#readCounts(node, schema);
    const contains = node.get('contains');
    if (contains !== undefined && schema.draft >= 6)
      schema.contains = this.#child(contains, schema, 'contains');
    readValues(node, schema);
    this.#readCombinations(node, schema);
  }

  #child(node: Value, parent: Schema, property: string): Schema {
    const schema = new Schema(property, parent.draft);
    this.read(node, schema);
    return schema;
  }

  #readIdentity(node: RegoObject, schema: Schema): void {
    const isOld = schema.draft === 4 || (schema.draft === HYBRID && node.has('id'));
    const id = stringMember(node, isOld ? 'id' : '$id');
    if (id !== undefined) normalReference(id);
    const definitions = node.get('definitions');
    if (definitions !== undefined) {
      if (!(definitions instanceof RegoObject)) throw invalidType('Array Of Schemas', 'definitions');
      for (const [, definition] of definitions.entries()) {
        if (!isSchema(definition)) throw invalidType('Array Of Schemas', 'definitions');
        this.#child(definition, schema, 'definitions');
      }
    }
    stringMember(node, 'title');
    stringMember(node, 'description');
  }

  /** Whether that was all there is to read. */
  #readReference(node: RegoObject, schema: Schema): boolean {
    const written = stringMember(node, '$ref');
    if (written === undefined) return false;
    normalReference(written);
    const target = this.#references.target(node, written);
    const known = this.#referred.get(target);
    if (known !== undefined) {
      schema.refersTo = known;
      return false;
    }
    const place = this.#references.find(target);
    const referred = new Schema('$ref', place.draft ?? schema.draft);
    this.#referred.set(target, referred);
    if (!isSchema(place.node)) throw new SchemaError('Valid Schema must be of type object');
    this.read(place.node, referred);
    schema.refersTo = referred;
    return true;
  }

  #readProperties(node: RegoObject, schema: Schema): void {
    const properties = node.get('properties');
    if (properties !== undefined) {
      if (!(properties instanceof RegoObject)) throw new SchemaError('Properties must be of type object');
      for (const [key, item] of properties.entries()) {
        schema.properties.set(jsonKey(key), this.#child(item, schema, jsonKey(key)));
      }
    }
    const additional = this.#flagOrSchema(node, schema, 'additionalProperties');
    if (additional !== undefined) schema.additionalProperties = additional;
    this.#readPatternProperties(node, schema);
    const names = node.get('propertyNames');
    if (names !== undefined && schema.draft >= 6) {
      if (!isSchema(names)) throw invalidType('Valid Schema', 'patternProperties');
      schema.propertyNames = this.#child(names, schema, 'propertyNames');
    }
    this.#readDependencies(node, schema);
  }

  #flagOrSchema(node: RegoObject, schema: Schema, key: string): boolean | Schema | undefined {
    const value = node.get(key);
    if (value === undefined || typeof value === 'boolean') return value;
    if (value instanceof RegoObject) return this.#child(value, schema, key);
    throw invalidType('boolean/Valid Schema', key);
  }

  #readPatternProperties(node: RegoObject, schema: Schema): void {
    const patterns = node.get('patternProperties');
    if (patterns === undefined) return;
    if (!(patterns instanceof RegoObject)) throw invalidType('Valid Schema', 'patternProperties');
    for (const [source, item] of patterns.entries()) {
      const pattern = this.#host.compile(jsonKey(source));
      if (pattern === undefined) throw new SchemaError(`Invalid regex pattern '${jsonKey(source)}'`);
      schema.patternProperties.push([pattern, this.#child(item, schema, pattern.source)]);
    }
  }

  #readDependencies(node: RegoObject, schema: Schema): void {
    const dependencies = node.get('dependencies');
    if (dependencies === undefined) return;
    if (!(dependencies instanceof RegoObject)) throw new SchemaError('dependencies must be of type object');
    for (const [key, item] of dependencies.entries()) {
      const name = jsonKey(key);
      if (isSchema(item)) {
        schema.dependencies.set(name, this.#child(item, schema, name));
        continue;
      }
      const names = item instanceof RegoArray ? item.items : undefined;
      if (!names?.every((other) => typeof other === 'string')) {
        throw new SchemaError('Dependency must be of type Schema Or Array Of Strings');
      }
      schema.dependencies.set(name, names);
    }
  }

  #readItems(node: RegoObject, schema: Schema): void {
    const items = node.get('items');
    if (items !== undefined) {
      const isList = items instanceof RegoArray;
      for (const item of isList ? items.items : [items]) {
        if (!isSchema(item)) throw invalidType('Valid Schema/Array Of Schemas', 'items');
        schema.items.push(this.#child(item, schema, 'items'));
      }
      schema.hasSameItems = !isList;
    }
    const additional = this.#flagOrSchema(node, schema, 'additionalItems');
    if (additional !== undefined) schema.additionalItems = additional;
  }

  #readText(node: RegoObject, schema: Schema): void {
    const [least, most] = [readCount(node, schema, 'minLength'), readCount(node, schema, 'maxLength')];
    if (least !== undefined && most !== undefined && least > most) {
      throw new SchemaError('minLength cannot be greater than maxLength');
    }
    const source = stringMember(node, 'pattern');
    if (source !== undefined) {
      const pattern = this.#host.compile(source);
      if (pattern === undefined) throw new SchemaError('pattern must be a valid regex');
      schema.pattern = pattern;
    }
    const format = stringMember(node, 'format');
    if (format !== undefined) schema.format = format;
  }

  #readCounts(node: RegoObject, schema: Schema): void {
    const [least, most] = [
      readCount(node, schema, 'minProperties'),
      readCount(node, schema, 'maxProperties'),
    ];
    if (least !== undefined && most !== undefined && least > most) {
      throw new SchemaError('minProperties cannot be greater than maxProperties');
    }
    readRequired(node, schema);
    readCount(node, schema, 'minItems');
    readCount(node, schema, 'maxItems');
    readUniqueItems(node, schema);
  }

  #readCombinations(node: RegoObject, schema: Schema): void {
    for (const key of ['oneOf', 'anyOf', 'allOf'] as const) {
      schema[key] = (listMember(node, key) ?? []).map((item) => this.#child(item, schema, key));
    }
    for (const { key, part, since } of PARTS) {
      const item = node.get(key);
      if (item === undefined || schema.draft < since) continue;
      if (!isSchema(item)) throw new SchemaError(`${key} must be of an object`);
      schema[part] = this.#child(item, schema, key);
    }
  }
}
