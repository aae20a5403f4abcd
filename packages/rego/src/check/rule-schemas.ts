/** The types that schemas in METADATA give to documents, for one rule. */
import type { Annotations, Location, SchemaAnnotation } from '../syntax/ast.ts';
import type { RegoProblem } from '../syntax/error.ts';
import type { Value } from '../values/value.ts';
import { SchemaError, typeOfSchema } from './schema-type.ts';
import { type ObjectType, objectOf, select, type Type } from './type.ts';
import type { TypeEnv } from './type-env.ts';

/** Puts the types into the environment; what is wrong with a schema is told at the rule. */
export function applySchemas(
  annotations: readonly Annotations[],
  env: TypeEnv,
  location: Location,
): readonly RegoProblem[] {
  const problems: RegoProblem[] = [];
  for (const schema of annotations.flatMap(({ schemas }) => schemas)) {
    // Schemas by name are files that nobody handed in.
    if (schema.definition === undefined) continue;
    try {
      applySchema(schema, typeOfSchema(schema.definition), env);
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      problems.push({ code: 'rego_type_error', message: error.message, location });
    }
  }
  return problems;
}

function applySchema({ path: { head, path } }: SchemaAnnotation, type: Type, env: TypeEnv): void {
  const root = head.kind === 'var' && head.name === 'data' ? 'data' : 'input';
  const keys: readonly Value[] = path.map((part) => (part.kind === 'string' ? part.value : null));
  // A schema further down overrides a part of one above it.
  for (let length = keys.length - 1; length >= 0; length--) {
    const above = typeAt(env, root, keys.slice(0, length));
    if (above?.type !== 'object') continue;
    env.root(root).put(keys.slice(0, length), override(above, keys.slice(length), type));
    return;
  }
  env.root(root).put(keys, type);
}

function typeAt(env: TypeEnv, root: 'data' | 'input', path: readonly Value[]): Type | undefined {
  return path.reduce((node: ReturnType<TypeEnv['root']> | undefined, key) => node?.child(key), env.root(root))
    ?.type;
}

/** The object type with another type at the path. */
function override(object: ObjectType, path: readonly Value[], type: Type): Type {
  const [key, ...rest] = path;
  if (key === undefined) return type;
  const current = select(object, key);
  const below = current?.type === 'object' ? current : objectOf([]);
  const value = rest.length === 0 ? type : override(below, rest, type);
  const others = object.static.filter((property) => property.key !== key);
  return objectOf([...others, { key, value }], object.dynamic);
}
