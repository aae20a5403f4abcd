/** Documents of GraphQL, with the fields and names that gqlparser gives them. */
import type { Position } from './lexer.ts';

interface Node {
  readonly Position: Position;
}

/** The comments before a token. */
export interface CommentGroup {
  readonly List: readonly { readonly Value: string }[];
}

interface Commented extends Node {
  readonly Comment: CommentGroup | null;
}

export interface QueryDocument extends Commented {
  readonly Operations: OperationDefinition[];
  readonly Fragments: FragmentDefinition[];
}

export interface OperationDefinition extends Commented {
  readonly Operation: string;
  readonly Name: string;
  readonly VariableDefinitions: readonly VariableDefinition[];
  readonly Directives: readonly Directive[];
  readonly SelectionSet: readonly Selection[];
}

export interface VariableDefinition extends Commented {
  readonly Variable: string;
  readonly Type: Type;
  readonly DefaultValue: Value | null;
  readonly Directives: readonly Directive[];
  readonly Used: false;
}

export type Selection = Field | FragmentSpread | InlineFragment;

export interface Field extends Commented {
  readonly Alias: string;
  readonly Name: string;
  readonly Arguments: readonly Argument[];
  readonly Directives: readonly Directive[];
  readonly SelectionSet: readonly Selection[];
}

export interface Argument extends Commented {
  readonly Name: string;
  readonly Value: Value;
}

export interface FragmentSpread extends Commented {
  readonly Name: string;
  readonly Directives: readonly Directive[];
}

export interface InlineFragment extends Commented {
  readonly TypeCondition: string;
  readonly Directives: readonly Directive[];
  readonly SelectionSet: readonly Selection[];
}

export interface FragmentDefinition extends Commented {
  readonly Name: string;
  readonly VariableDefinition: readonly VariableDefinition[];
  readonly TypeCondition: string;
  readonly Directives: readonly Directive[];
  readonly SelectionSet: readonly Selection[];
}

export interface Directive extends Node {
  readonly Name: string;
  readonly Arguments: readonly Argument[];
  readonly Location: '';
}

export const VALUE_KIND = {
  variable: 0,
  int: 1,
  float: 2,
  string: 3,
  block: 4,
  boolean: 5,
  null: 6,
  enum: 7,
  list: 8,
  object: 9,
} as const;

export interface Value extends Commented {
  readonly Raw: string;
  readonly Children: readonly ChildValue[];
  readonly Kind: number;
  readonly ExpectedTypeHasDefault: false;
}

export interface ChildValue {
  readonly Position: Position | null;
  readonly Comment: CommentGroup | null;
  readonly Name: string;
  readonly Value: Value;
}

export interface Type extends Node {
  readonly NamedType: string;
  readonly Elem: Type | null;
  readonly NonNull: boolean;
}

export interface SchemaDocument extends Commented {
  readonly Schema: SchemaDefinition[];
  readonly SchemaExtension: SchemaDefinition[];
  readonly Directives: DirectiveDefinition[];
  readonly Definitions: Definition[];
  readonly Extensions: Definition[];
}

interface Described extends Node {
  readonly Description: string;
  readonly BeforeDescriptionComment: CommentGroup | null;
  readonly AfterDescriptionComment: CommentGroup | null;
}

export interface SchemaDefinition extends Described {
  readonly Directives: readonly Directive[];
  readonly OperationTypes: readonly OperationTypeDefinition[];
  readonly EndOfDefinitionComment: CommentGroup | null;
}

export interface OperationTypeDefinition extends Commented {
  readonly Operation: string;
  readonly Type: string;
}

export type DefinitionKind = 'SCALAR' | 'OBJECT' | 'INTERFACE' | 'UNION' | 'ENUM' | 'INPUT_OBJECT';

export interface Definition extends Described {
  readonly Kind: DefinitionKind;
  readonly Name: string;
  readonly Directives: readonly Directive[];
  readonly Interfaces: readonly string[];
  readonly Fields: readonly FieldDefinition[];
  readonly Types: readonly string[];
  readonly EnumValues: readonly EnumValueDefinition[];
  readonly BuiltIn: false;
  readonly EndOfDefinitionComment: CommentGroup | null;
}

export interface FieldDefinition extends Described {
  readonly Name: string;
  readonly Arguments: readonly ArgumentDefinition[];
  readonly DefaultValue: Value | null;
  readonly Type: Type;
  readonly Directives: readonly Directive[];
}

export type ArgumentDefinition = Omit<FieldDefinition, 'Arguments'>;

export interface EnumValueDefinition extends Described {
  readonly Name: string;
  readonly Directives: readonly Directive[];
}

export interface DirectiveDefinition extends Described {
  readonly Name: string;
  readonly Arguments: readonly ArgumentDefinition[];
  readonly Locations: readonly string[];
  readonly IsRepeatable: boolean;
}
