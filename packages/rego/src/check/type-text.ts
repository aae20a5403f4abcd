import { termText } from '../values/text.ts';
import type { Value } from '../values/value.ts';
import type { DynamicProperty, Type, Unknown } from './type.ts';

/** A type as OPA prints it. */
export function typeText(type: Type | Unknown): string {
  if (type === undefined) return '???';
  switch (type.type) {
    case 'array':
      return composite('array', type.static.map(typeText), type.dynamic && typeText(type.dynamic));
    case 'object':
      return composite(
        'object',
        type.static.map(({ key, value }) => `${keyText(key)}: ${typeText(value)}`),
        type.dynamic && dynamicText(type.dynamic),
      );
    case 'set':
      return type.of === undefined ? 'set' : `set[${typeText(type.of)}]`;
    case 'any':
      return type.of.length === 0 ? 'any' : `any<${type.of.map(typeText).join(', ')}>`;
    case 'function':
      return `${argumentsText(type.args, type.variadic)} => ${typeText(type.result)}`;
    case 'recursive':
      return `recursive(${type.name})`;
    default:
      return type.type;
  }
}

function composite(name: string, fixed: readonly string[], dynamic: string | undefined): string {
  const items = fixed.length === 0 ? '' : `<${fixed.join(', ')}>`;
  return name + items + (dynamic === undefined ? '' : `[${dynamic}]`);
}

function dynamicText({ key, value }: DynamicProperty): string {
  return `${typeText(key)}: ${typeText(value)}`;
}

function keyText(key: Value): string {
  return typeof key === 'string' ? key : termText(key);
}

export function argumentsText(args: readonly (Type | Unknown)[], variadic?: Type): string {
  const texts = args.map(typeText);
  return `(${(variadic === undefined ? texts : [...texts, `${typeText(variadic)}...`]).join(', ')})`;
}
