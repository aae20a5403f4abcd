/** Schemas: definitions and extensions of types. */
import type {
  ArgumentDefinition,
  CommentGroup,
  Definition,
  DefinitionKind,
  DirectiveDefinition,
  EnumValueDefinition,
  FieldDefinition,
  OperationTypeDefinition,
  SchemaDefinition,
  SchemaDocument,
} from './ast.ts';
import type { Position } from './lexer.ts';
import { Parser, type Spend } from './parser.ts';

export function parseSchema(text: string, spend: Spend): SchemaDocument {
  return new SchemaParser(text, spend).document();
}

interface Description {
  readonly Description: string;
  readonly BeforeDescriptionComment: CommentGroup | null;
}

const NO_DESCRIPTION: Description = { Description: '', BeforeDescriptionComment: null };

const KINDS: ReadonlyMap<string, DefinitionKind> = new Map<string, DefinitionKind>([
  ['scalar', 'SCALAR'],
  ['type', 'OBJECT'],
  ['interface', 'INTERFACE'],
  ['union', 'UNION'],
  ['enum', 'ENUM'],
  ['input', 'INPUT_OBJECT'],
]);

const LOCATIONS: ReadonlySet<string> = new Set(
  (
    'QUERY MUTATION SUBSCRIPTION FIELD FRAGMENT_DEFINITION FRAGMENT_SPREAD INLINE_FRAGMENT VARIABLE_DEFINITION ' +
    'SCHEMA SCALAR OBJECT FIELD_DEFINITION ARGUMENT_DEFINITION INTERFACE UNION ENUM ENUM_VALUE INPUT_OBJECT ' +
    'INPUT_FIELD_DEFINITION'
  ).split(' '),
);

const OPERATIONS: ReadonlySet<string> = new Set(['query', 'mutation', 'subscription']);

/** A type's own parts, in the order in which they are written. */
type TypeBody = Pick<
  Definition,
  'Interfaces' | 'Directives' | 'Fields' | 'Types' | 'EnumValues' | 'EndOfDefinitionComment'
>;

class SchemaParser extends Parser {
  document(): SchemaDocument {
    const document: SchemaDocument = {
      Position: this.position,
      Comment: null,
      Schema: [],
      SchemaExtension: [],
      Directives: [],
      Definitions: [],
      Extensions: [],
    };
    while (this.peek().kind !== '<EOF>') this.#definition(document);
    return { ...document, Comment: this.comment };
  }

  #definition(document: SchemaDocument): void {
    const description = this.#description();
    const token = this.peek();
    const kind = KINDS.get(token.value);
    if (token.kind !== 'Name') throw this.unexpected();
    if (kind !== undefined) document.Definitions.push(this.#type(kind, token.value, description));
    else if (token.value === 'schema') document.Schema.push(this.#schema(description));
    else if (token.value === 'directive') document.Directives.push(this.#directive(description));
    else if (token.value === 'extend') {
      if (description.Description !== '') throw this.unexpected(this.previous);
      this.#extension(document);
    } else throw this.unexpected();
  }

  #description(): Description {
    const token = this.peek();
    if (token.kind !== 'String' && token.kind !== 'BlockString') return NO_DESCRIPTION;
    const BeforeDescriptionComment = this.comment;
    return { Description: this.next().value, BeforeDescriptionComment };
  }

  #schema(description: Description): SchemaDefinition {
    const AfterDescriptionComment = this.expectKeyword('schema');
    return this.#schemaBody(description, AfterDescriptionComment);
  }

  #schemaBody(description: Description, AfterDescriptionComment: CommentGroup | null): SchemaDefinition {
    const Position = this.position;
    const Directives = this.parseDirectives(true);
    const OperationTypes: OperationTypeDefinition[] = [];
    const EndOfDefinitionComment = this.some('{', '}', () => OperationTypes.push(this.#operationType()));
    return {
      Position,
      ...description,
      AfterDescriptionComment,
      Directives,
      OperationTypes,
      EndOfDefinitionComment,
    };
  }

  #operationType(): OperationTypeDefinition {
    const Position = this.position;
    const Comment = this.comment;
    const token = this.next();
    if (!OPERATIONS.has(token.value)) throw this.unexpected(token);
    this.expect(':');
    return { Position, Comment, Operation: token.value, Type: this.parseName() };
  }

  #type(kind: DefinitionKind, keyword: string, description: Description): Definition {
    const AfterDescriptionComment = this.expectKeyword(keyword);
    return this.#typeBody(kind, description, AfterDescriptionComment);
  }

  #typeBody(
    Kind: DefinitionKind,
    description: Description,
    AfterDescriptionComment: CommentGroup | null,
    isExtension = false,
  ): Definition {
    const Position = this.position;
    const Name = this.parseName();
    const body = this.#body(Kind, isExtension);
    return { Position, Kind, ...description, AfterDescriptionComment, Name, ...body, BuiltIn: false };
  }

  /** An extension of an interface names no interfaces, and that of an input may use variables. */
  #body(kind: DefinitionKind, isExtension: boolean): TypeBody {
    const hasInterfaces = kind === 'OBJECT' || (kind === 'INTERFACE' && !isExtension);
    const Interfaces = hasInterfaces ? this.#interfaces() : [];
    const Directives = this.parseDirectives(!(isExtension && kind === 'INPUT_OBJECT'));
    const empty: TypeBody = {
      Interfaces,
      Directives,
      Fields: [],
      Types: [],
      EnumValues: [],
      EndOfDefinitionComment: null,
    };
    switch (kind) {
      case 'SCALAR':
        return empty;
      case 'UNION':
        return { ...empty, Types: this.#unionTypes() };
      case 'ENUM': {
        const EnumValues: EnumValueDefinition[] = [];
        const comment = this.some('{', '}', () => EnumValues.push(this.#enumValue()));
        return { ...empty, EnumValues, EndOfDefinitionComment: comment };
      }
      default: {
        const Fields: FieldDefinition[] = [];
        const read = kind === 'INPUT_OBJECT' ? () => this.#inputField() : () => this.#field();
        const comment = this.some('{', '}', () => Fields.push(read()));
        return { ...empty, Fields, EndOfDefinitionComment: comment };
      }
    }
  }

  #interfaces(): string[] {
    if (this.peek().value !== 'implements') return [];
    this.next();
    this.skip('&');
    return this.#separated('&');
  }

  #separated(separator: '&' | '|'): string[] {
    const names = [this.parseName()];
    while (this.skip(separator)) names.push(this.parseName());
    return names;
  }

  #unionTypes(): string[] {
    if (!this.skip('=')) return [];
    this.skip('|');
    return this.#separated('|');
  }

  /** What each member of a type begins with. */
  #member(): Description & {
    readonly Position: Position;
    readonly AfterDescriptionComment: CommentGroup | null;
    readonly Name: string;
  } {
    const description = this.#description();
    const kept = description.Description === '' ? NO_DESCRIPTION : description;
    const Position = this.position;
    const AfterDescriptionComment = this.comment;
    return { ...kept, Position, AfterDescriptionComment, Name: this.parseName() };
  }

  #enumValue(): EnumValueDefinition {
    const member = this.#member();
    return { ...member, Directives: this.parseDirectives(true) };
  }

  #field(): FieldDefinition {
    const member = this.#member();
    const Arguments = this.#arguments();
    this.expect(':');
    const Type = this.parseType();
    return { ...member, Arguments, DefaultValue: null, Type, Directives: this.parseDirectives(true) };
  }

  #arguments(): ArgumentDefinition[] {
    const list: ArgumentDefinition[] = [];
    this.some('(', ')', () => list.push(this.#argument()));
    return list;
  }

  #argument(): ArgumentDefinition {
    const member = this.#member();
    this.expect(':');
    const Type = this.parseType();
    const DefaultValue = this.skip('=') ? this.parseValue(true) : null;
    return { ...member, DefaultValue, Type, Directives: this.parseDirectives(true) };
  }

  #inputField(): FieldDefinition {
    return { ...this.#argument(), Arguments: [] };
  }

  #extension(document: SchemaDocument): void {
    const comment = this.expectKeyword('extend');
    const { value } = this.peek();
    const kind = KINDS.get(value);
    if (value !== 'schema' && kind === undefined) throw this.unexpected();
    this.expectKeyword(value);
    if (kind === undefined) {
      const schema = this.#schemaBody(NO_DESCRIPTION, comment);
      if (schema.Directives.length + schema.OperationTypes.length === 0) throw this.unexpected();
      document.SchemaExtension.push(schema);
      return;
    }
    const type = this.#typeBody(kind, NO_DESCRIPTION, comment, true);
    const parts = [type.Interfaces, type.Directives, type.Fields, type.Types, type.EnumValues];
    if (parts.every((part) => part.length === 0)) throw this.unexpected();
    document.Extensions.push(type);
  }

  #directive(description: Description): DirectiveDefinition {
    const AfterDescriptionComment = this.expectKeyword('directive');
    this.expect('@');
    const Position = this.position;
    const Name = this.parseName();
    const Arguments = this.#arguments();
    const IsRepeatable = this.peek().kind === 'Name' && this.peek().value === 'repeatable';
    if (IsRepeatable) this.next();
    this.expectKeyword('on');
    const Locations = this.#locations();
    return { Position, ...description, AfterDescriptionComment, Name, Arguments, Locations, IsRepeatable };
  }

  #locations(): string[] {
    this.skip('|');
    const locations: string[] = [];
    do {
      const token = this.expect('Name');
      if (!LOCATIONS.has(token.value)) throw this.unexpected(token);
      locations.push(token.value);
    } while (this.skip('|'));
    return locations;
  }
}
