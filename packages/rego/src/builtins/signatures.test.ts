import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { BUILTIN_NAMES, type NamedType, signatureOf, type Type } from './signatures.ts';

const SHARED = process.env['WAYBILL_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const CHECKLIST = resolve(SHARED, 'vectors/rego/builtins.json');

interface Listed {
  readonly name: string;
  readonly signature: string;
  readonly infix?: string;
  readonly deprecated: boolean;
  readonly nondeterministic: boolean;
  readonly decl: { readonly args?: readonly { readonly name?: string }[] };
}

function typeText(type: Type): string {
  const list = (items: readonly string[]): string => (items.length === 0 ? '' : `<${items.join(', ')}>`);
  switch (type.type) {
    case 'any':
      return `any${list(type.of.map(typeText))}`;
    case 'set':
      return `set[${typeText(type.of)}]`;
    case 'array':
      return `array${list(type.static.map(typeText))}${type.dynamic === undefined ? '' : `[${typeText(type.dynamic)}]`}`;
    case 'object': {
      const { dynamic } = type;
      const known = type.static.map(({ key, value }) => `${key}: ${typeText(value)}`);
      const others = dynamic === undefined ? '' : `[${typeText(dynamic.key)}: ${typeText(dynamic.value)}]`;
      return `object${list(known)}${others}`;
    }
    default:
      return type.type;
  }
}

function textOf(name: string): string {
  const signature = signatureOf(name);
  const args = (signature?.args ?? []).map(({ type }: NamedType) => typeText(type));
  const more = signature?.variadic === undefined ? [] : [`${typeText(signature.variadic)}...`];
  const result = signature?.result === undefined ? '???' : typeText(signature.result.type);
  return `(${[...args, ...more].join(', ')}) => ${result}`;
}

describe('signatureOf', () => {
  const skip = existsSync(CHECKLIST) ? false : `${CHECKLIST} does not exist: set WAYBILL_SHARED`;

  it('knows each built-in of OPA as its checklist has it', { skip }, () => {
    const { builtins } = JSON.parse(readFileSync(CHECKLIST, 'utf8')) as {
      readonly builtins: readonly Listed[];
    };
    assert.deepEqual(
      BUILTIN_NAMES.toSorted(),
      builtins.map(({ name }) => name),
    );
    for (const listed of builtins) {
      const signature = signatureOf(listed.name);
      assert.equal(textOf(listed.name), listed.signature);
      assert.deepEqual(
        signature?.args.map(({ name }) => name),
        (listed.decl.args ?? []).map(({ name }) => name),
        listed.name,
      );
      assert.equal(signature?.infix, listed.infix);
      assert.equal(signature?.isDeprecated, listed.deprecated);
      assert.equal(signature?.isNondeterministic, listed.nondeterministic);
    }
  });

  it('knows no other name, nor those that every object has', () => {
    for (const name of ['nosuch', 'constructor', '__proto__', 'toString'])
      assert.equal(signatureOf(name), undefined);
  });
});
