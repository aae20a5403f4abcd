/** Documents from the values that `describe` makes of them, or that look so. */
import { exactInteger } from '../../values/number.ts';
import { isNumber } from '../../values/order.ts';
import { RegoArray, RegoObject, type Value } from '../../values/value.ts';
import type * as Ast from './ast.ts';
import { GraphqlError, type Position } from './lexer.ts';

/** Values have no place in a text. */
const NOWHERE: Position = { offset: 0, line: 0, column: 0 };
const NODE = { Position: NOWHERE, Comment: null } as const;

function wrong(what: string): GraphqlError {
  return new GraphqlError(`the GraphQL syntax tree holds ${what}`);
}

function text(object: RegoObject, name: string): string {
  const value = object.get(name) ?? '';
  if (typeof value === 'string') return value;
  throw wrong(`a ${name} that is no string`);
}

function flag(object: RegoObject, name: string): boolean {
  const value = object.get(name) ?? false;
  if (typeof value === 'boolean') return value;
  throw wrong(`a ${name} that is no boolean`);
}

function objectsIn<T>(object: RegoObject, name: string, read: (item: RegoObject) => T): T[] {
  const list = object.get(name) ?? RegoArray.empty;
  if (!(list instanceof RegoArray)) throw wrong(`${name} that are no array`);
  return list.items.map((item) => read(asObject(item, name)));
}

function stringsIn(object: RegoObject, name: string): string[] {
  const list = object.get(name) ?? RegoArray.empty;
  if (!(list instanceof RegoArray)) throw wrong(`${name} that are no array`);
  return list.items.map((item) => {
    if (typeof item === 'string') return item;
    throw wrong(`${name} that are no strings`);
  });
}

function asObject(value: Value, name: string): RegoObject {
  if (value instanceof RegoObject) return value;
  throw wrong(`${name} that are no objects`);
}

function optional<T>(object: RegoObject, name: string, read: (item: RegoObject) => T): T | null {
  const value = object.get(name) ?? null;
  return value === null ? null : read(asObject(value, name));
}

function integer(object: RegoObject, name: string): number {
  const value = object.get(name) ?? 0;
  const whole = isNumber(value) ? exactInteger(value) : undefined;
  if (whole === undefined) throw wrong(`a ${name} that is no integer`);
  return Number(whole);
}

export function queryFromValue(object: RegoObject): Ast.QueryDocument {
  return {
    ...NODE,
    Operations: objectsIn(object, 'Operations', operation),
    Fragments: objectsIn(object, 'Fragments', fragment),
  };
}

function operation(object: RegoObject): Ast.OperationDefinition {
  return {
    ...NODE,
    Operation: text(object, 'Operation'),
    Name: text(object, 'Name'),
    VariableDefinitions: objectsIn(object, 'VariableDefinitions', variable),
    Directives: objectsIn(object, 'Directives', directive),
    SelectionSet: objectsIn(object, 'SelectionSet', field),
  };
}

function variable(object: RegoObject): Ast.VariableDefinition {
  return {
    ...NODE,
    Variable: text(object, 'Variable'),
    Type: requiredType(object),
    DefaultValue: optional(object, 'DefaultValue', value),
    Directives: objectsIn(object, 'Directives', directive),
    Used: false,
  };
}

/** gqlparser takes each selection of a value for a field, fragments too. */
function field(object: RegoObject): Ast.Field {
  return {
    ...NODE,
    Alias: text(object, 'Alias'),
    Name: text(object, 'Name'),
    Arguments: objectsIn(object, 'Arguments', argument),
    Directives: objectsIn(object, 'Directives', directive),
    SelectionSet: objectsIn(object, 'SelectionSet', field),
  };
}

function fragment(object: RegoObject): Ast.FragmentDefinition {
  return {
    ...NODE,
    Name: text(object, 'Name'),
    VariableDefinition: objectsIn(object, 'VariableDefinition', variable),
    TypeCondition: text(object, 'TypeCondition'),
    Directives: objectsIn(object, 'Directives', directive),
    SelectionSet: objectsIn(object, 'SelectionSet', field),
  };
}

function argument(object: RegoObject): Ast.Argument {
  return { ...NODE, Name: text(object, 'Name'), Value: requiredValue(object) };
}

function directive(object: RegoObject): Ast.Directive {
  return {
    Position: NOWHERE,
    Name: text(object, 'Name'),
    Arguments: objectsIn(object, 'Arguments', argument),
    Location: '',
  };
}

function requiredValue(object: RegoObject): Ast.Value {
  const found = optional(object, 'Value', value);
  if (found === null) throw wrong('an argument without a value');
  return found;
}

function value(object: RegoObject): Ast.Value {
  return {
    ...NODE,
    Raw: text(object, 'Raw'),
    Kind: integer(object, 'Kind'),
    ExpectedTypeHasDefault: false,
    Children: objectsIn(object, 'Children', (child) => ({
      ...NODE,
      Name: text(child, 'Name'),
      Value: requiredValue(child),
    })),
  };
}

function requiredType(object: RegoObject): Ast.Type {
  const found = optional(object, 'Type', type);
  if (found === null) throw wrong('a definition without a type');
  return found;
}

function type(object: RegoObject): Ast.Type {
  return {
    Position: NOWHERE,
    NamedType: text(object, 'NamedType'),
    Elem: optional(object, 'Elem', type),
    NonNull: flag(object, 'NonNull'),
  };
}

export function schemaFromValue(object: RegoObject): Ast.SchemaDocument {
  return {
    ...NODE,
    Schema: objectsIn(object, 'Schema', schema),
    SchemaExtension: objectsIn(object, 'SchemaExtension', schema),
    Directives: objectsIn(object, 'Directives', directiveDefinition),
    Definitions: objectsIn(object, 'Definitions', definition),
    Extensions: objectsIn(object, 'Extensions', definition),
  };
}

const NO_COMMENTS = { BeforeDescriptionComment: null, AfterDescriptionComment: null } as const;

function member(object: RegoObject) {
  return {
    Position: NOWHERE,
    ...NO_COMMENTS,
    Description: text(object, 'Description'),
    Name: text(object, 'Name'),
    Directives: objectsIn(object, 'Directives', directive),
  };
}

function schema(object: RegoObject): Ast.SchemaDefinition {
  return {
    Position: NOWHERE,
    ...NO_COMMENTS,
    EndOfDefinitionComment: null,
    Description: text(object, 'Description'),
    Directives: objectsIn(object, 'Directives', directive),
    OperationTypes: objectsIn(object, 'OperationTypes', (item) => ({
      ...NODE,
      Operation: text(item, 'Operation'),
      Type: text(item, 'Type'),
    })),
  };
}

const KINDS = ['SCALAR', 'OBJECT', 'INTERFACE', 'UNION', 'ENUM', 'INPUT_OBJECT'] as const;

function definition(object: RegoObject): Ast.Definition {
  const kind = KINDS.find((name) => name === text(object, 'Kind'));
  if (kind === undefined) throw wrong('a definition of no known kind');
  return {
    ...member(object),
    Kind: kind,
    Interfaces: stringsIn(object, 'Interfaces'),
    Fields: objectsIn(object, 'Fields', fieldDefinition),
    Types: stringsIn(object, 'Types'),
    EnumValues: objectsIn(object, 'EnumValues', member),
    BuiltIn: false,
    EndOfDefinitionComment: null,
  };
}

function argumentDefinition(object: RegoObject): Ast.ArgumentDefinition {
  return {
    ...member(object),
    DefaultValue: optional(object, 'DefaultValue', value),
    Type: requiredType(object),
  };
}

function fieldDefinition(object: RegoObject): Ast.FieldDefinition {
  return { ...argumentDefinition(object), Arguments: objectsIn(object, 'Arguments', argumentDefinition) };
}

function directiveDefinition(object: RegoObject): Ast.DirectiveDefinition {
  const { Directives: _, ...parts } = member(object);
  return {
    ...parts,
    Arguments: objectsIn(object, 'Arguments', argumentDefinition),
    Locations: stringsIn(object, 'Locations'),
    IsRepeatable: flag(object, 'IsRepeatable'),
  };
}
