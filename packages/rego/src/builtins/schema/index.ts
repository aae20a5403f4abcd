/** json.match_schema and json.verify_schema: a group of its own, for its size and its regular expressions. */
import { parseJson, toJson } from '../../values/json.ts';
import { MAX_TEXT_LENGTH } from '../../values/text-writer.ts';
import { RegoArray, RegoObject, type Value } from '../../values/value.ts';
import { type BuiltinContext, type BuiltinGroup, functions, stepText } from '../builtin.ts';
import { isJson, refusing } from '../encoding.ts';
import { RegexCompiler } from '../regex.ts';
import { FORMATS, type FormatCheck } from './formats.ts';
import { judgeDocument } from './judge.ts';
import type { Flaw } from './outcome.ts';
import { readSchema } from './read-schema.ts';
import { type Pattern, type Schema, SchemaError } from './schema.ts';

/** The group; it keeps compiled regular expressions, as those of `regex` do. */
export function schemaBuiltins(): BuiltinGroup {
  const compiler = new RegexCompiler();
  const formats: ReadonlyMap<string, FormatCheck> = new Map([
    ...FORMATS,
    ['regex', (text: string) => text === '' || compiler.isValid(text)],
  ]);
  const compile = (context: BuiltinContext, source: string): Pattern | undefined => {
    stepText(context, source.length);
    return compiler.isValid(source) ? { source, regex: compiler.compile(context, source, '') } : undefined;
  };
  const read = (context: BuiltinContext, document: Value): Schema =>
    readSchema(document, {
      step: () => context.step(1),
      compile: (source) => compile(context, source),
    });
  return functions({
    'json.verify_schema': (context, schema) => {
      try {
        read(context, documentOf(context, schema));
        return new RegoArray([true, null]);
      } catch (error) {
        if (!(error instanceof SchemaError)) throw error;
        return new RegoArray([false, `jsonschema: ${error.message}`]);
      }
    },
    'json.match_schema': (context, document, schema) =>
      refusing(SchemaError, () => {
        const value = documentOf(context, document);
        const { flaws, isValid } = judgeDocument(kept(context, schema, read), value, {
          step: (count) => context.step(count),
          matches: ({ source }, text) => compiler.compile(context, source, text).test(text),
          formats,
        });
        return new RegoArray([isValid, new RegoArray(flaws.map(described))]);
      }),
  });
}

/** A value that no other shares any part with. */
function documentOf(context: BuiltinContext, value: Value): Value {
  if (typeof value === 'string') {
    stepText(context, value.length);
    if (!isJson(value)) throw new SchemaError('invalid JSON string');
    return parseJson(value);
  }
  if (!(value instanceof RegoObject) && !(value instanceof RegoArray)) {
    throw new SchemaError('wrong type, expected string or object');
  }
  const json = toJson(value, { maxLength: MAX_TEXT_LENGTH });
  stepText(context, json.length);
  return parseJson(json);
}

/** Policies judge many documents by one schema. */
function kept(
  context: BuiltinContext,
  schema: Value,
  read: (context: BuiltinContext, document: Value) => Schema,
): Schema {
  const known = context.cache.get(CACHE_KEY) as Kept | undefined;
  if (known?.value === schema) return known.schema;
  const compiled = read(context, documentOf(context, schema));
  context.cache.set(CACHE_KEY, { value: schema, schema: compiled } satisfies Kept);
  return compiled;
}

const CACHE_KEY = 'json.match_schema';

/** The schema that was used last, by identity. */
interface Kept {
  readonly value: Value;
  readonly schema: Schema;
}

function described({ type, field, description }: Flaw): RegoObject {
  return RegoObject.of([
    ['error', `${field}: ${description}`],
    ['type', type],
    ['field', field],
    ['desc', description],
  ]);
}
