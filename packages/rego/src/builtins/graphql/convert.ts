/** Documents as graphql-js has them, for its validation. */
import {
  type ConstArgumentNode,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DirectiveDefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  Location,
  type NamedTypeNode,
  type NameNode,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  Source,
  type StringValueNode,
  Token,
  TokenKind,
  type TypeDefinitionNode,
  type TypeExtensionNode,
  type TypeNode,
  type ValueNode,
  type VariableDefinitionNode,
} from 'graphql';
import type * as Ast from './ast.ts';
import { VALUE_KIND } from './ast.ts';
import type { Position } from './lexer.ts';

type Loc = { readonly loc?: Location };

/** Converts the documents that were read from one text. */
export class Converter {
  readonly #source: Source;

  constructor(text: string) {
    this.#source = new Source(text === '' ? ' ' : text);
  }

  query(document: Ast.QueryDocument): DocumentNode {
    const operations = document.Operations.map((operation): DefinitionNode => {
      const operationType = operation.Operation as OperationTypeNode;
      return {
        kind: Kind.OPERATION_DEFINITION,
        ...this.#at(operation.Position),
        operation: operationType,
        ...(operation.Name === '' ? {} : { name: this.#name(operation.Name, operation.Position) }),
        variableDefinitions: operation.VariableDefinitions.map((variable) => this.#variable(variable)),
        directives: this.#directives(operation.Directives),
        selectionSet: this.#selectionSet(operation.SelectionSet, operation.Position),
      };
    });
    const fragments = document.Fragments.map(
      (fragment): DefinitionNode => ({
        kind: Kind.FRAGMENT_DEFINITION,
        ...this.#at(fragment.Position),
        name: this.#name(fragment.Name, fragment.Position),
        typeCondition: this.#namedType(fragment.TypeCondition, fragment.Position),
        directives: this.#directives(fragment.Directives),
        selectionSet: this.#selectionSet(fragment.SelectionSet, fragment.Position),
      }),
    );
    return { kind: Kind.DOCUMENT, definitions: [...operations, ...fragments] };
  }

  schema(document: Ast.SchemaDocument): DocumentNode {
    const defined = new Set(document.Definitions.map(({ Name }) => Name));
    // A type that is only extended is one all the same: its first extension defines it.
    const types = [...document.Definitions];
    const extensions: Ast.Definition[] = [];
    for (const extension of document.Extensions) {
      if (defined.has(extension.Name)) extensions.push(extension);
      else {
        defined.add(extension.Name);
        types.push(extension);
      }
    }
    const schemas = document.Schema.map(
      (schema): DefinitionNode => ({
        kind: Kind.SCHEMA_DEFINITION,
        ...this.#schemaParts(schema),
      }),
    );
    const schemaExtensions = document.SchemaExtension.map(
      (schema): DefinitionNode => ({
        kind: Kind.SCHEMA_EXTENSION,
        ...this.#schemaParts(schema),
      }),
    );
    return {
      kind: Kind.DOCUMENT,
      definitions: [
        ...schemas,
        ...document.Directives.map((directive) => this.#directiveDefinition(directive)),
        ...types.map((type) => this.#type(type)),
        ...extensions.map((type) => this.#extension(type)),
        ...schemaExtensions,
      ],
    };
  }

  #at(position: Position | null): Loc {
    if (position === null) return {};
    const { offset, line, column } = position;
    const token = new Token(TokenKind.NAME, offset, offset, line, column);
    return { loc: new Location(token, token, this.#source) };
  }

  #name(value: string, position: Position | null): NameNode {
    return { kind: Kind.NAME, value, ...this.#at(position) };
  }

  #namedType(name: string, position: Position): NamedTypeNode {
    return { kind: Kind.NAMED_TYPE, name: this.#name(name, position), ...this.#at(position) };
  }

  #typeReference({ NamedType, Elem, NonNull, Position }: Ast.Type): TypeNode {
    const inner =
      Elem === null
        ? this.#namedType(NamedType, Position)
        : ({ kind: Kind.LIST_TYPE, type: this.#typeReference(Elem), ...this.#at(Position) } as const);
    return NonNull ? { kind: Kind.NON_NULL_TYPE, type: inner, ...this.#at(Position) } : inner;
  }

  #variable(variable: Ast.VariableDefinition): VariableDefinitionNode {
    return {
      kind: Kind.VARIABLE_DEFINITION,
      ...this.#at(variable.Position),
      variable: {
        kind: Kind.VARIABLE,
        name: this.#name(variable.Variable, variable.Position),
        ...this.#at(variable.Position),
      },
      type: this.#typeReference(variable.Type),
      ...(variable.DefaultValue === null ? {} : { defaultValue: this.#constant(variable.DefaultValue) }),
      directives: this.#directives(variable.Directives),
    };
  }

  #selectionSet(selections: readonly Ast.Selection[], position: Position): SelectionSetNode {
    return {
      kind: Kind.SELECTION_SET,
      ...this.#at(position),
      selections: selections.map((selection) => this.#selection(selection)),
    };
  }

  #selection(selection: Ast.Selection): SelectionNode {
    const directives = this.#directives(selection.Directives);
    const at = this.#at(selection.Position);
    if ('Alias' in selection) {
      const hasAlias = selection.Alias !== '' && selection.Alias !== selection.Name;
      return {
        kind: Kind.FIELD,
        ...at,
        ...(hasAlias ? { alias: this.#name(selection.Alias, selection.Position) } : {}),
        name: this.#name(selection.Name, selection.Position),
        arguments: this.#arguments(selection.Arguments),
        directives,
        ...(selection.SelectionSet.length === 0
          ? {}
          : { selectionSet: this.#selectionSet(selection.SelectionSet, selection.Position) }),
      };
    }
    if ('Name' in selection) {
      return {
        kind: Kind.FRAGMENT_SPREAD,
        ...at,
        name: this.#name(selection.Name, selection.Position),
        directives,
      };
    }
    return {
      kind: Kind.INLINE_FRAGMENT,
      ...at,
      ...(selection.TypeCondition === ''
        ? {}
        : { typeCondition: this.#namedType(selection.TypeCondition, selection.Position) }),
      directives,
      selectionSet: this.#selectionSet(selection.SelectionSet, selection.Position),
    };
  }

  /** Where only constants may stand, the parser has seen to it. */
  #arguments(list: readonly Ast.Argument[]): ConstArgumentNode[] {
    return list.map((argument) => ({
      kind: Kind.ARGUMENT,
      ...this.#at(argument.Position),
      name: this.#name(argument.Name, argument.Position),
      value: this.#constant(argument.Value),
    }));
  }

  #directives(directives: readonly Ast.Directive[]): ConstDirectiveNode[] {
    return directives.map((directive) => ({
      kind: Kind.DIRECTIVE,
      ...this.#at(directive.Position),
      name: this.#name(directive.Name, directive.Position),
      arguments: this.#arguments(directive.Arguments),
    }));
  }

  #constant(value: Ast.Value): ConstArgumentNode['value'] {
    return this.#value(value) as ConstArgumentNode['value'];
  }

  #value(value: Ast.Value): ValueNode {
    const at = this.#at(value.Position);
    switch (value.Kind) {
      case VALUE_KIND.variable:
        return { kind: Kind.VARIABLE, name: this.#name(value.Raw, value.Position), ...at };
      case VALUE_KIND.int:
        return { kind: Kind.INT, value: value.Raw, ...at };
      case VALUE_KIND.float:
        return { kind: Kind.FLOAT, value: value.Raw, ...at };
      case VALUE_KIND.string:
      case VALUE_KIND.block:
        return { kind: Kind.STRING, value: value.Raw, ...at };
      case VALUE_KIND.boolean:
        return { kind: Kind.BOOLEAN, value: value.Raw === 'true', ...at };
      case VALUE_KIND.null:
        return { kind: Kind.NULL, ...at };
      case VALUE_KIND.list:
        return { kind: Kind.LIST, values: value.Children.map((child) => this.#value(child.Value)), ...at };
      case VALUE_KIND.object:
        return { kind: Kind.OBJECT, fields: value.Children.map((child) => this.#objectField(child)), ...at };
      default:
        return { kind: Kind.ENUM, value: value.Raw, ...at };
    }
  }

  #objectField({ Name, Value, Position }: Ast.ChildValue): {
    kind: Kind.OBJECT_FIELD;
    name: NameNode;
    value: ValueNode;
  } {
    return {
      kind: Kind.OBJECT_FIELD,
      ...this.#at(Position),
      name: this.#name(Name, Position),
      value: this.#value(Value),
    };
  }

  #description(text: string): { readonly description?: StringValueNode } {
    return text === '' ? {} : { description: { kind: Kind.STRING, value: text } };
  }

  #schemaParts(schema: Ast.SchemaDefinition) {
    return {
      ...this.#at(schema.Position),
      directives: this.#directives(schema.Directives),
      operationTypes: schema.OperationTypes.map((operation) => ({
        kind: Kind.OPERATION_TYPE_DEFINITION as const,
        ...this.#at(operation.Position),
        operation: operation.Operation as OperationTypeNode,
        type: this.#namedType(operation.Type, operation.Position),
      })),
    };
  }

  #directiveDefinition(directive: Ast.DirectiveDefinition): DirectiveDefinitionNode {
    return {
      kind: Kind.DIRECTIVE_DEFINITION,
      ...this.#at(directive.Position),
      ...this.#description(directive.Description),
      name: this.#name(directive.Name, directive.Position),
      arguments: directive.Arguments.map((argument) => this.#inputValue(argument)),
      repeatable: directive.IsRepeatable,
      locations: directive.Locations.map((location) => this.#name(location, directive.Position)),
    };
  }

  #inputValue(field: Ast.ArgumentDefinition): InputValueDefinitionNode {
    return {
      kind: Kind.INPUT_VALUE_DEFINITION,
      ...this.#at(field.Position),
      ...this.#description(field.Description),
      name: this.#name(field.Name, field.Position),
      type: this.#typeReference(field.Type),
      ...(field.DefaultValue === null ? {} : { defaultValue: this.#constant(field.DefaultValue) }),
      directives: this.#directives(field.Directives),
    };
  }

  #field(field: Ast.FieldDefinition): FieldDefinitionNode {
    return {
      kind: Kind.FIELD_DEFINITION,
      ...this.#at(field.Position),
      ...this.#description(field.Description),
      name: this.#name(field.Name, field.Position),
      arguments: field.Arguments.map((argument) => this.#inputValue(argument)),
      type: this.#typeReference(field.Type),
      directives: this.#directives(field.Directives),
    };
  }

  #typeParts(type: Ast.Definition) {
    return {
      ...this.#at(type.Position),
      name: this.#name(type.Name, type.Position),
      directives: this.#directives(type.Directives),
      interfaces: type.Interfaces.map((name) => this.#namedType(name, type.Position)),
    };
  }

  #enumValues(type: Ast.Definition) {
    return type.EnumValues.map((value) => ({
      kind: Kind.ENUM_VALUE_DEFINITION as const,
      ...this.#at(value.Position),
      ...this.#description(value.Description),
      name: this.#name(value.Name, value.Position),
      directives: this.#directives(value.Directives),
    }));
  }

  #members(type: Ast.Definition) {
    return {
      fields: type.Fields.map((field) => this.#field(field)),
      inputs: type.Fields.map((field) => this.#inputValue(field)),
      types: type.Types.map((name) => this.#namedType(name, type.Position)),
      values: this.#enumValues(type),
    };
  }

  #type(type: Ast.Definition): TypeDefinitionNode {
    const parts = { ...this.#typeParts(type), ...this.#description(type.Description) };
    const { fields, inputs, types, values } = this.#members(type);
    switch (type.Kind) {
      case 'SCALAR':
        return { kind: Kind.SCALAR_TYPE_DEFINITION, ...parts };
      case 'OBJECT':
        return { kind: Kind.OBJECT_TYPE_DEFINITION, ...parts, fields };
      case 'INTERFACE':
        return { kind: Kind.INTERFACE_TYPE_DEFINITION, ...parts, fields };
      case 'UNION':
        return { kind: Kind.UNION_TYPE_DEFINITION, ...parts, types };
      case 'ENUM':
        return { kind: Kind.ENUM_TYPE_DEFINITION, ...parts, values };
      case 'INPUT_OBJECT':
        return { kind: Kind.INPUT_OBJECT_TYPE_DEFINITION, ...parts, fields: inputs };
    }
  }

  #extension(type: Ast.Definition): TypeExtensionNode {
    const parts = this.#typeParts(type);
    const { fields, inputs, types, values } = this.#members(type);
    switch (type.Kind) {
      case 'SCALAR':
        return { kind: Kind.SCALAR_TYPE_EXTENSION, ...parts };
      case 'OBJECT':
        return { kind: Kind.OBJECT_TYPE_EXTENSION, ...parts, fields };
      case 'INTERFACE':
        return { kind: Kind.INTERFACE_TYPE_EXTENSION, ...parts, fields };
      case 'UNION':
        return { kind: Kind.UNION_TYPE_EXTENSION, ...parts, types };
      case 'ENUM':
        return { kind: Kind.ENUM_TYPE_EXTENSION, ...parts, values };
      case 'INPUT_OBJECT':
        return { kind: Kind.INPUT_OBJECT_TYPE_EXTENSION, ...parts, fields: inputs };
    }
  }
}
