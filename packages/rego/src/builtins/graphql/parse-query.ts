/** Queries: operations and fragments. */
import type {
  Field,
  FragmentDefinition,
  OperationDefinition,
  QueryDocument,
  Selection,
  VariableDefinition,
} from './ast.ts';
import { GraphqlError } from './lexer.ts';
import { Parser, type Spend } from './parser.ts';

export function parseQuery(text: string, spend: Spend): QueryDocument {
  return new QueryParser(text, spend).document();
}

const OPERATIONS: ReadonlySet<string> = new Set(['query', 'mutation', 'subscription']);

class QueryParser extends Parser {
  document(): QueryDocument {
    const document: QueryDocument = { Position: this.position, Comment: null, Operations: [], Fragments: [] };
    for (let token = this.peek(); token.kind !== '<EOF>'; token = this.peek()) {
      if (token.kind === '{') document.Operations.push(this.#shortOperation());
      else if (token.kind === 'Name' && OPERATIONS.has(token.value))
        document.Operations.push(this.#operation());
      else if (token.kind === 'Name' && token.value === 'fragment') document.Fragments.push(this.#fragment());
      else throw this.unexpected();
    }
    return document;
  }

  #shortOperation(): OperationDefinition {
    const Position = this.position;
    // gqlparser looks for the comments of a short query when they are gone.
    return {
      Position,
      Comment: null,
      Operation: 'query',
      Name: '',
      VariableDefinitions: [],
      Directives: [],
      SelectionSet: this.#selectionSet(),
    };
  }

  #operation(): OperationDefinition {
    const Position = this.position;
    const Comment = this.comment;
    const Operation = this.next().value;
    const Name = this.peek().kind === 'Name' ? this.next().value : '';
    const VariableDefinitions = this.#variables();
    const Directives = this.parseDirectives(false);
    const SelectionSet = this.#selectionSet();
    return { Position, Comment, Operation, Name, VariableDefinitions, Directives, SelectionSet };
  }

  #variables(): VariableDefinition[] {
    const variables: VariableDefinition[] = [];
    this.some('(', ')', () => {
      const Position = this.position;
      const Comment = this.comment;
      const Variable = this.parseVariable();
      this.expect(':');
      const Type = this.parseType();
      const DefaultValue = this.skip('=') ? this.parseValue(true) : null;
      const Directives = this.parseDirectives(false);
      variables.push({ Position, Comment, Variable, Type, DefaultValue, Directives, Used: false });
    });
    return variables;
  }

  #selectionSet(): Selection[] {
    if (this.peek().kind !== '{') {
      throw new GraphqlError(`Expected {, found ${this.peek().kind}`, this.position);
    }
    const selections: Selection[] = [];
    this.some('{', '}', () => {
      selections.push(this.peek().kind === '...' ? this.#spread() : this.#field());
    });
    return selections;
  }

  #field(): Field {
    const Position = this.position;
    const Comment = this.comment;
    const Alias = this.parseName();
    const Name = this.skip(':') ? this.parseName() : Alias;
    const Arguments = this.parseArguments(false);
    const Directives = this.parseDirectives(false);
    const SelectionSet = this.peek().kind === '{' ? this.#selectionSet() : [];
    return { Position, Comment, Alias, Name, Arguments, Directives, SelectionSet };
  }

  #spread(): Selection {
    this.peek();
    const Comment = this.comment;
    this.expect('...');
    const token = this.peek();
    const Position = token.position;
    if (token.kind === 'Name' && token.value !== 'on') {
      const Name = this.#fragmentName();
      return { Position, Comment, Name, Directives: this.parseDirectives(false) };
    }
    let TypeCondition = '';
    if (token.value === 'on') {
      this.next();
      TypeCondition = this.parseName();
    }
    const Directives = this.parseDirectives(false);
    return { Position, Comment, TypeCondition, Directives, SelectionSet: this.#selectionSet() };
  }

  #fragment(): FragmentDefinition {
    const Position = this.position;
    const Comment = this.comment;
    this.expectKeyword('fragment');
    const Name = this.#fragmentName();
    const variables = this.#variables();
    this.expectKeyword('on');
    const TypeCondition = this.parseName();
    const Directives = this.parseDirectives(false);
    const SelectionSet = this.#selectionSet();
    return {
      Position,
      Comment,
      Name,
      VariableDefinition: variables,
      TypeCondition,
      Directives,
      SelectionSet,
    };
  }

  #fragmentName(): string {
    if (this.peek().value === 'on') throw this.unexpected();
    return this.parseName();
  }
}
