/** The functions of Go's text/template. */
import { numberText } from '../../values/number.ts';
import { compareStrings } from '../../values/order.ts';
import { RegoArray, RegoObject } from '../../values/value.ts';
import type { Argument } from '../go/print-argument.ts';
import { sprintf } from '../go/printf.ts';
import { byteLength } from '../go/text.ts';
import { escapeUrl } from '../go/url.ts';
import { TemplateError } from './scan.ts';
import {
  type Integer,
  integer,
  isFloat,
  isInteger,
  isJsonNumber,
  isTrue,
  printed,
  type TemplateValue,
} from './template-value.ts';

type Spend = (characters: number) => void;
type TemplateFunction = (args: readonly TemplateValue[], spend: Spend) => TemplateValue;

function wrong(name: string, message: string): TemplateError {
  return new TemplateError(`error calling ${name}: ${message}`);
}

/** What Go compares as one kind. */
type Basic =
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string };

function basic(value: TemplateValue): Basic | undefined {
  if (typeof value === 'boolean') return { kind: 'bool', value };
  if (isInteger(value)) return { kind: 'int', value: value.integer };
  if (typeof value === 'string') return { kind: 'string', value };
  if (isFloat(value)) return { kind: 'float', value: value.float };
  return isJsonNumber(value) ? { kind: 'string', value: numberText(value) } : undefined;
}

function isEqual(a: TemplateValue, b: TemplateValue): boolean {
  const [left, right] = [basic(a), basic(b)];
  if (left !== undefined && right !== undefined) {
    if (left.kind !== right.kind) throw wrong('eq', 'incompatible types for comparison');
    return left.value === right.value;
  }
  const isNothing = (value: TemplateValue): boolean => value === undefined || value === null;
  if (isNothing(a) || isNothing(b)) return isNothing(a) && isNothing(b);
  throw wrong('eq', 'non-comparable types');
}

function isLess(a: TemplateValue, b: TemplateValue): boolean {
  const [left, right] = [basic(a), basic(b)];
  if (left === undefined || right === undefined || left.kind === 'bool') {
    throw wrong('lt', 'invalid type for comparison');
  }
  if (left.kind !== right.kind) throw wrong('lt', 'incompatible types for comparison');
  if (left.kind === 'string' && right.kind === 'string') return compareStrings(left.value, right.value) < 0;
  return left.value < right.value;
}

function pair(name: string, args: readonly TemplateValue[]): readonly [TemplateValue, TemplateValue] {
  if (args.length !== 2) throw wrong(name, `wrong number of args: want 2 got ${args.length}`);
  return [args[0], args[1]];
}

function length(args: readonly TemplateValue[]): Integer {
  const [value] = args;
  if (args.length === 1 && value instanceof RegoArray) return integer(value.length);
  if (args.length === 1 && value instanceof RegoObject) return integer(value.size);
  if (typeof value === 'string') return integer(byteLength(value));
  if (isJsonNumber(value)) return integer(numberText(value).length);
  throw wrong('len', `len of ${printed(value)}`);
}

function index([value, ...keys]: readonly TemplateValue[]): TemplateValue {
  let found = value;
  for (const key of keys) {
    if (found instanceof RegoArray) found = found.items[at(key, found.length, 'index')];
    else if (found instanceof RegoObject) found = typeof key === 'string' ? found.get(key) : undefined;
    else throw wrong('index', `can't index item of ${printed(found)}`);
  }
  return found;
}

function at(key: TemplateValue, size: number, name: string): number {
  if (!isInteger(key)) throw wrong(name, `cannot index slice/array with ${printed(key)}`);
  const position = Number(key.integer);
  if (position < 0 || position > size || (name === 'index' && position === size)) {
    throw wrong(name, `index out of range: ${position}`);
  }
  return position;
}

function slice([value, ...bounds]: readonly TemplateValue[]): TemplateValue {
  if (!(value instanceof RegoArray) && typeof value !== 'string') {
    throw wrong('slice', `can't slice item of ${printed(value)}`);
  }
  const [from, to] = [bounds[0] ?? integer(0), bounds[1] ?? integer(value.length)];
  const [start, end] = [at(from, value.length, 'slice'), at(to, value.length, 'slice')];
  if (start > end) throw wrong('slice', `invalid slice index: ${start} > ${end}`);
  return typeof value === 'string' ? value.slice(start, end) : new RegoArray(value.items.slice(start, end));
}

/** Between two that are no strings stands a space. */
function print(args: readonly TemplateValue[]): string {
  let text = '';
  for (const [position, arg] of args.entries()) {
    const isText = typeof arg === 'string' || typeof args[position - 1] === 'string';
    text += (position > 0 && !isText ? ' ' : '') + printed(arg);
  }
  return text;
}

function argumentOf(value: TemplateValue): Argument {
  if (isInteger(value)) return value.integer;
  return isFloat(value) ? value : printed(value);
}

function printf([format, ...args]: readonly TemplateValue[], spend: Spend): string {
  if (typeof format !== 'string') throw wrong('printf', 'the format must be a string');
  return sprintf(format, args.map(argumentOf), spend);
}

const HTML: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&#34;',
  "'": '&#39;',
  '\0': '\ufffd',
};
const SCRIPT: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};

function scriptText(text: string): string {
  return text.replaceAll(/[\\'"<>&=]|\p{Cc}/gu, (char) => {
    const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return SCRIPT[char] ?? `\\u${code}`;
  });
}

export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ['and', ([first]) => first],
  ['or', ([first]) => first],
  ['not', ([value]) => !isTrue(value)],
  ['len', length],
  ['index', index],
  ['slice', slice],
  ['print', print],
  ['println', (args) => `${args.map(printed).join(' ')}\n`],
  ['printf', printf],
  ['html', (args) => print(args).replaceAll(/[<>&"'\0]/g, (char) => HTML[char] ?? char)],
  ['js', (args) => scriptText(print(args))],
  ['urlquery', (args) => escapeUrl(print(args), 'query')],
  [
    'eq',
    ([first, ...others]) => {
      if (others.length === 0) throw wrong('eq', 'missing argument for comparison');
      return others.some((other) => isEqual(first, other));
    },
  ],
  ['ne', (args) => !isEqual(...pair('ne', args))],
  ['lt', (args) => isLess(...pair('lt', args))],
  ['le', (args) => isLess(...pair('le', args)) || isEqual(...pair('le', args))],
  ['gt', (args) => !isLess(...pair('gt', args)) && !isEqual(...pair('gt', args))],
  ['ge', (args) => !isLess(...pair('ge', args))],
]);

export const FUNCTION_NAMES: ReadonlySet<string> = new Set(FUNCTIONS.keys());
