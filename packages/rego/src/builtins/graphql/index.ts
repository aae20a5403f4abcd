/** graphql.*: a group of its own, for the library that validates. */
import { buildASTSchema, GraphQLError, type GraphQLSchema, validate, validateSchema } from 'graphql';
import { RegoArray, RegoObject, type Value } from '../../values/value.ts';
import {
  type BuiltinContext,
  BuiltinError,
  type BuiltinGroup,
  builtinError,
  functions,
  stepText,
} from '../builtin.ts';
import { stringOperand, typeError } from '../operands.ts';
import type { QueryDocument, SchemaDocument } from './ast.ts';
import { Converter } from './convert.ts';
import { describe } from './describe.ts';
import { queryFromValue, schemaFromValue } from './from-value.ts';
import { GraphqlError } from './lexer.ts';
import { parseQuery } from './parse-query.ts';
import { parseSchema } from './parse-schema.ts';

/** gqlparser knows this directive beside those of the specification. */
const DEFER = 'directive @defer(if: Boolean = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT';

/** A failure in OPA's words, with the place where there is one. */
function refused<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof GraphqlError)) throw error;
    const { message, position } = error;
    if (position === undefined) throw builtinError(`GraphQL parse error: input: ${message}`);
    throw builtinError(located(message, position));
  }
}

function located(
  message: string,
  { line, column }: { readonly line: number; readonly column: number },
): string {
  return `${message} in GraphQL string at location ${line}:${column}`;
}

interface Read<T> {
  readonly document: T;
  /** Empty where the document came as a value. */
  readonly text: string;
}

function queryOperand(context: BuiltinContext, value: Value, position: number): Read<QueryDocument> {
  if (typeof value === 'string') {
    const document = refused(() => parseQuery(value, (steps) => context.step(steps)));
    return { document, text: value };
  }
  if (!(value instanceof RegoObject)) throw typeError(position, value, 'string', 'object');
  return { document: refused(() => queryFromValue(value)), text: '' };
}

function schemaOperand(context: BuiltinContext, value: Value, position: number): Read<SchemaDocument> {
  if (typeof value === 'string') {
    const document = refused(() => parseSchema(value, (steps) => context.step(steps)));
    return { document, text: value };
  }
  if (!(value instanceof RegoObject)) throw typeError(position, value, 'string', 'object');
  return { document: refused(() => schemaFromValue(value)), text: '' };
}

/** Throws where the schema is none. A schema without queries is one to gqlparser. */
function buildSchema({ document, text }: Read<SchemaDocument>): GraphQLSchema {
  const prelude = document.Directives.some(({ Name }) => Name === 'defer')
    ? []
    : new Converter(DEFER).schema(parseSchema(DEFER, () => undefined)).definitions;
  const { definitions, ...rest } = new Converter(text).schema(document);
  const tree = { ...rest, definitions: [...definitions, ...prelude] };
  const problem = schemaProblem(() => validateSchema(buildASTSchema(tree)));
  if (problem !== undefined) {
    throw builtinError(`Error in gqlparser SchemaDocument to Schema conversion: ${problem}`);
  }
  return buildASTSchema(tree, { assumeValid: true, assumeValidSDL: true });
}

function schemaProblem(check: () => readonly GraphQLError[]): string | undefined {
  try {
    return check().find(({ message }) => message !== 'Query root type must be provided.')?.message;
  } catch (error) {
    // graphql-js throws errors of no class of its own for a schema that does not hold together.
    if (error instanceof Error && !(error instanceof RangeError)) return error.message;
    throw error;
  }
}

function validateQuery(schema: GraphQLSchema, { document, text }: Read<QueryDocument>): void {
  const errors = validate(schema, new Converter(text).query(document));
  const [first] = errors;
  if (first === undefined) return;
  const all = errors.map((error) => `input${placeOf(error)}: ${error.message}\n`).join('');
  const [place] = first.locations ?? [];
  if (place === undefined || place.line === 0) throw builtinError(`GraphQL parse error: ${all}`);
  const message = all.replace(/^input:\d+:\d+: /, '').replace(/\.\n$/, '');
  throw builtinError(located(message, place));
}

function placeOf({ locations }: GraphQLError): string {
  const [place] = locations ?? [];
  return place === undefined ? '' : `:${place.line}:${place.column}`;
}

function parse(context: BuiltinContext, query: Value, schema: Value): readonly [Value, Value] {
  const readQuery = queryOperand(context, query, 0);
  const readSchema = schemaOperand(context, schema, 1);
  validateQuery(buildSchema(readSchema), readQuery);
  return [describe(readQuery.document), describe(readSchema.document)];
}

/** What a check gives where the documents are refused. */
function orElse<T>(fallback: T, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof BuiltinError) return fallback;
    throw error;
  }
}

function textOperand(context: BuiltinContext, value: Value): string {
  const text = stringOperand(value, 1);
  stepText(context, text.length);
  return text;
}

export const GRAPHQL: BuiltinGroup = functions({
  'graphql.parse': (context, query, schema) => new RegoArray(parse(context, query, schema)),
  'graphql.parse_and_verify': (context, query, schema) =>
    new RegoArray(
      orElse<readonly Value[]>([false, RegoObject.empty, RegoObject.empty], () => [
        true,
        ...parse(context, query, schema),
      ]),
    ),
  'graphql.parse_query': (context, query) =>
    describe(queryOperand(context, textOperand(context, query), 1).document),
  'graphql.parse_schema': (context, schema) =>
    describe(schemaOperand(context, textOperand(context, schema), 1).document),
  'graphql.is_valid': (context, query, schema) =>
    orElse(false, () => {
      parse(context, query, schema);
      return true;
    }),
  'graphql.schema_is_valid': (context, schema) =>
    orElse(false, () => {
      buildSchema(schemaOperand(context, schema, 1));
      return true;
    }),
});
