/** Calls of built-ins as JSON, `["name", argument, …]`: taken from OPA's cases, and carried out. */
import { readFileSync } from 'node:fs';
import { isCoded } from '@waybill/core';
import { compile, type Query, RegoArray, toJson, type Value } from '@waybill/rego';
import { ALL_BUILTINS } from '@waybill/rego/test-builtins';
import { type ConformanceCase, readCases } from '@waybill/rego/test-conformance';
import { type Builtin, type BuiltinGroup, merged } from '../../../packages/rego/src/builtins/builtin.ts';
import { CORE_BUILTINS } from '../../../packages/rego/src/builtins/index.ts';
import { signatureOf } from '../../../packages/rego/src/builtins/signatures.ts';
import { hasShared, SHARED } from '../fixtures.ts';
import { tagged, untagged } from './documents.ts';
import { coded, LIMITS, once } from './world.ts';

export const BUILTINS: BuiltinGroup = merged([CORE_BUILTINS, ...ALL_BUILTINS]);

const POLICY = compile([], { builtins: ALL_BUILTINS });
const RESULTS = new URL('../../../packages/rego/src/builtins/opa-results.json', import.meta.url);

export type Call = readonly [name: string, args: readonly Value[]];

/** Calls with literal arguments, each with OPA's answer, by which our own tests go. */
export const documentedCalls = once((): readonly Call[] => {
  const rows = JSON.parse(readFileSync(RESULTS, 'utf8')) as readonly (readonly [call: string])[];
  return rows.map(([call]) => {
    const open = call.indexOf('(');
    const { answers } = POLICY.evaluate(`x := [${call.slice(open + 1, call.lastIndexOf(')'))}]`);
    const args = answers[0]?.get('x');
    return [call.slice(0, open), args instanceof RegoArray ? args.items : []];
  });
});

const cases = once(() => readCases(`${SHARED}/vectors/rego/v1`));

/** The calls that OPA's cases in the files of these names lead to. */
export function vectorCalls(files: RegExp): readonly Call[] {
  if (!hasShared) return [];
  const calls: Call[] = [];
  const recording = new Map([...BUILTINS].map(([name, builtin]) => [name, recorded(name, builtin, calls)]));
  for (const given of cases()) {
    if (files.test(given.name)) evaluate(given, recording);
  }
  return calls;
}

function recorded(name: string, builtin: Builtin, calls: Call[]): Builtin {
  if (builtin.type === 'relation') return builtin;
  return {
    type: 'function',
    evaluate: (context, ...args) => {
      calls.push([name, args]);
      return builtin.evaluate(context, ...args);
    },
  };
}

function evaluate({ case: given, version }: ConformanceCase, builtins: BuiltinGroup): void {
  const modules = given.get('modules');
  const sources = (modules instanceof RegoArray ? modules.items : []).map((text, at) => ({
    file: String(at),
    text: textOf(text),
    version,
  }));
  const options = { input: given.get('input'), data: given.get('data') };
  try {
    coded(() => compile(sources, { builtins: [builtins] }).evaluate(textOf(given.get('query')), options));
  } catch (error) {
    if (!isCoded(error)) throw error;
  }
}

function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}

export function callText([name, args]: Call): string {
  return JSON.stringify([name, ...args.map(tagged)]);
}

const queries = new Map<string, Query>();

/**
 * The JSON of the call's value, or of `undefined`. What the mutations left of it is called all the same: one of `names`
 * where there is no built-in of the name, with the text itself where that is no JSON. Throws CodedError.
 */
export function carryOut(text: string, names: readonly string[]): string {
  const call = read(text);
  const first = call instanceof RegoArray ? call.at(0) : undefined;
  const known = typeof first === 'string' && BUILTINS.has(first) ? first : undefined;
  const name = known ?? names[text.length % names.length] ?? '';
  const input = call instanceof RegoArray ? call : new RegoArray([name, text, text, text]);
  return coded(() => {
    const { answers } = queryOf(name).evaluate({ ...LIMITS, input, strictBuiltinErrors: true });
    return toJson(answers[0]?.get('x') ?? 'undefined');
  });
}

function read(text: string): Value {
  try {
    return untagged(text);
  } catch (error) {
    // A stack that ends, too: it is that of `untagged`, which is no part of what is tried.
    if (error instanceof SyntaxError || error instanceof RangeError) return null;
    throw error;
  }
}

function queryOf(name: string): Query {
  const known = queries.get(name);
  if (known !== undefined) return known;
  const args = (signatureOf(name)?.args ?? []).map((_, at) => `input[${at + 1}]`);
  const call = name === 'walk' ? '[pair | walk(input[1], pair)]' : `${name}(${args.join(', ')})`;
  const query = POLICY.prepare(`x := ${call}`);
  queries.set(name, query);
  return query;
}
