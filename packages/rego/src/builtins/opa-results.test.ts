/** Calls of built-ins and what OPA 1.22 answers: the value as a term, or the code of the error. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { compile } from '../index.ts';
import { ALL_BUILTINS } from '../test-builtins.ts';
import { termText } from '../values/text.ts';
import { RegoArray } from '../values/value.ts';
import { type BuiltinContext, BuiltinError, merged } from './builtin.ts';
import { CORE_BUILTINS } from './index.ts';

type Case = readonly [call: string, result: string];

const CASES = JSON.parse(readFileSync(`${import.meta.dirname}/opa-results.json`, 'utf8')) as readonly Case[];
const BUILTINS = merged([CORE_BUILTINS, ...ALL_BUILTINS]);
const POLICY = compile([], { builtins: ALL_BUILTINS });

function context(): BuiltinContext {
  return { step: () => undefined, nowNs: 0n, random: () => 0, cache: new Map() };
}

function answered(call: string): string {
  const open = call.indexOf('(');
  const { answers } = POLICY.evaluate(`x := [${call.slice(open + 1, call.lastIndexOf(')'))}]`);
  const args = answers[0]?.get('x');
  const builtin = BUILTINS.get(call.slice(0, open));
  assert.ok(builtin?.type === 'function' && args instanceof RegoArray, call);
  try {
    const value = builtin.evaluate(context(), ...args.items);
    return value === undefined ? 'undefined' : termText(value);
  } catch (error) {
    if (error instanceof BuiltinError) return error.code;
    throw error;
  }
}

describe('built-ins answer what OPA does', () => {
  for (const group of new Set(CASES.map(([call]) => call.split(/[.(]/)[0] ?? ''))) {
    it(group, () => {
      const wrong = CASES.filter(([call]) => call.split(/[.(]/)[0] === group).flatMap(([call, result]) => {
        const own = answered(call);
        return own === result ? [] : [`${call}: ${own}, not ${result}`];
      });
      assert.deepEqual(wrong, []);
    });
  }
});
