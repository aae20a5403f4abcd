/** Mutated modules: each is parsed, and what can be parsed is checked and formatted. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatModule } from '../format/format.ts';
import type { RegoVersion } from '../syntax/ast.ts';
import { RegoSourceError } from '../syntax/error.ts';
import { parseModule } from '../syntax/parse-module.ts';
import { checkModules } from './check-modules.ts';

const CASES = 10_000;
const MODULES = [
  'package a.b\n\nimport data.x as y\nimport rego.v1\n\n# About p\np contains {"k": [v | some v in y; v > 1]} if {\n\tnot input.a[_].b == -1.5e3\n\tevery k, v in {"a": 1} { k != v }\n\tz := $"{v}é" with input.x as `r`\n\tdata[z][_] = {1, 2} | {3}\n}\n',
  'package a\n\ndefault f(_) := 1\n\nf(x) := y if {\n\ty := count([1 | x[_]])\n} else := f(1) if x.q[0]["r s"]\n\nq[k].r := v if some k, v in input\n\n__proto__.constructor := {"__proto__": 1}\n',
  'package a\n\nimport future.keywords.and\nimport future.keywords.or\nimport future.keywords.not\n\np if {\n\t(input.a and not { input.b; q }) or {1 in input.c} # why\n\tprint("x", input)\n}\n\nq := 1 with data.a.p as true\n',
];
const PARTS =
  '" { } [ ] ( ) := = == | & , ; : . # ` \\ \n \t \0 \ud800 $"{ $`{ not some every in if else with as default import package contains and or _ 1e9 -0 0x x input data f( [x| {y| "a" .p [_] null set() walk print'.split(
    ' ',
  );

/** A generator of our own, so that each run is the same. */
function* numbers(): Generator<number> {
  for (let state = 20_261_129; ; state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) {
    yield state / 2 ** 32;
  }
}

const random = numbers();

function below(limit: number): number {
  return Math.floor((random.next().value ?? 0) * limit);
}

function mutant(): string {
  let text = MODULES[below(MODULES.length)] ?? '';
  for (let times = 1 + below(3); times > 0; times--) {
    const at = below(text.length);
    const end = at + below(below(4) === 0 ? 40 : 4);
    text = text.slice(0, at) + (below(3) === 0 ? '' : (PARTS[below(PARTS.length)] ?? '')) + text.slice(end);
  }
  return text;
}

/** What comes out of a text; only the one error may come instead. */
function outcome(text: string, version: RegoVersion): string {
  try {
    const module = parseModule(text, { file: 'm.rego', version });
    const problems = checkModules([module], { strict: true }).map(
      ({ code, message }) => `${code} ${message}`,
    );
    return `${problems.join('\n')}\n${formatModule(text, { version })}`;
  } catch (error) {
    if (error instanceof RegoSourceError) return error.message;
    throw new Error(JSON.stringify(text), { cause: error });
  }
}

describe('mutated modules', () => {
  it(`give answers or RegoSourceError, ${CASES} of them`, () => {
    for (let at = 0; at < CASES; at++) outcome(mutant(), at % 2 === 0 ? 'v1' : 'v0');
  });

  it('give the same answer each time', () => {
    for (let at = 0; at < 500; at++) {
      const text = mutant();
      assert.equal(outcome(text, 'v1'), outcome(text, 'v1'));
    }
  });
});
