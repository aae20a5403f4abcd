/** Rego: sources, which are read, checked, formatted and evaluated, and the documents that policies are asked about. */
import assert from 'node:assert/strict';
import { compile, fromPlain, parseJson, parseModule, type Policy, RegoArray, toJson } from '@waybill/rego';
import { formatModule } from '@waybill/rego/format';
import { readMetadata } from '@waybill/rego/metadata';
import { ALL_BUILTINS } from '@waybill/rego/test-builtins';
import { DOCUMENT, MODULES, V0_MODULES, vectorModules } from '../rego/modules.ts';
import { coded, EVALUATION_CODES, LIMITS, once, SOURCE_CODES } from '../rego/world.ts';
import { type Target, textOf } from '../target.ts';

const INPUT = fromPlain(DOCUMENT);
const DATA = fromPlain({ x: [1, 2, 3], base: { a: 1 }, b: [1] });
const OPTIONS = { builtins: ALL_BUILTINS, readMetadata } as const;

const sources = () => [
  ...MODULES,
  ...vectorModules([
    'fmt/v1.json',
    'v1/functions.json',
    'v1/refheads.json',
    'v1/withkeyword.json',
    'v1/every.json',
    'v1/stringinterpolation.json',
    'v1/comprehensions.json',
  ]),
];
const oldSources = () => [
  ...V0_MODULES,
  ...vectorModules(['fmt/v0.json', 'v0/elsekeyword.json', 'v0/partialsetdoc.json']),
];

const YAML_TEXTS = [
  'a: &a [1, 2.50, "x"]\nb: *a\nc: {d: !!binary aGk=, <<: {e: ~}}\n--- \nf: |\n  text\n',
  '- 0x1F\n- 1e400\n- .inf\n- 2026-01-01\n- ? [k]\n  : v\n- "\\u00e9"\n- >-\n  folded\n  text\n',
];

/** A policy that goes over the whole input in the ways that policies do. */
const OVER_INPUT = `package p

import data.x

values contains value if walk(input, [_, value])
paths contains path if walk(input, [path, value])
ordered := sort([value | some value in values])
sums := [n | some value in values; n := sum(value)]
texts := [sprintf("%v %d %s %q", [value, value, value, value]) | some value in values]
marshalled := json.unmarshal(json.marshal(input)) == input
pairs := {[a, b] | some a in values; some b in values; a < b; is_number(a + b)}
keys[k] contains type_name(v) if some k, v in input
patched := json.patch(input, [{"op": "add", "path": "x", "value": input}])
joined := object.union(input, {"a": {"b": 1}})
replaced := n if n := count(values) with input as input.a
numbers := [[x + 0.5, x * x, x % 7, x / 3, round(x), bits.negate(x)] | some x in values; is_number(x)]
`;

const policyOverInput = once(() => policyOf(OVER_INPUT));
const overInput = once(() => policyOverInput().prepare('x := data.p'));
const overYaml = once(() =>
  policyOf(
    'package p\nread := yaml.unmarshal(input[0])\nwritten := yaml.marshal(read)\nagain := yaml.unmarshal(written) == read\n',
  ).prepare('x := data.p'),
);

function policyOf(text: string): Policy {
  return compile([{ file: 'p.rego', text }], OPTIONS);
}

/** The whole of what the module's rules define, as JSON. */
function evaluated(text: string, version: 'v0' | 'v1'): string {
  return coded(() => {
    const policy = compile([{ file: 'm.rego', text, version }], OPTIONS);
    const { answers, failures } = policy.evaluate('x := data', { ...LIMITS, input: INPUT, data: DATA });
    return toJson(
      new RegoArray([
        ...answers.map((one) => one.get('x') ?? null),
        ...failures.map(({ message }) => message),
      ]),
    );
  });
}

export const REGO_TARGETS: readonly Target[] = [
  {
    name: 'rego parseModule',
    seeds: () => [...sources(), ...oldSources()],
    call: (input) => coded(() => parseModule(textOf(input), { file: 'm.rego', version: 'v1', readMetadata })),
    codes: SOURCE_CODES,
    costMicros: 150,
  },
  {
    name: 'rego parseModule v0',
    seeds: oldSources,
    call: (input) => coded(() => parseModule(textOf(input), { file: 'm.rego', version: 'v0' })),
    codes: SOURCE_CODES,
    costMicros: 150,
  },
  {
    name: 'rego compile --strict',
    seeds: sources,
    call: (input) =>
      coded(() => void compile([{ file: 'm.rego', text: textOf(input) }], { ...OPTIONS, strict: true })),
    codes: SOURCE_CODES,
    costMicros: 300,
  },
  {
    name: 'rego evaluate modules',
    seeds: sources,
    call: (input) => evaluated(textOf(input), 'v1'),
    check: (answer) => assert.equal(toJson(parseJson(answer as string)), answer),
    codes: [...SOURCE_CODES, ...EVALUATION_CODES],
    costMicros: 400,
  },
  {
    name: 'rego evaluate modules v0',
    seeds: oldSources,
    call: (input) => evaluated(textOf(input), 'v0'),
    codes: [...SOURCE_CODES, ...EVALUATION_CODES],
    costMicros: 300,
  },
  {
    name: 'rego prepare queries',
    seeds: () => [
      'x := data.p.values[_]; y = {x | x > 1}',
      'data.p.keys[k][v]; not v == "a"',
      '[x, y] = input.a with input as {"a": [1, 2]}',
    ],
    call: (input) =>
      coded(
        () =>
          policyOverInput()
            .prepare(textOf(input))
            .evaluate({ ...LIMITS, input: INPUT }).answers.length,
      ),
    codes: [...SOURCE_CODES, ...EVALUATION_CODES],
    costMicros: 300,
  },
  {
    name: 'rego format',
    seeds: () => [...sources(), ...oldSources()],
    call: (input) => coded(() => formatModule(textOf(input), { version: 'v1' })),
    check: (answer) => {
      const again = formatModule(answer as string, { version: 'v1' });
      assert.equal(formatModule(again, { version: 'v1' }), again);
    },
    codes: SOURCE_CODES,
    costMicros: 250,
  },
  {
    name: 'rego evaluate input',
    seeds: () => [JSON.stringify(DOCUMENT), '[1.0,-0,1e400,"\\ud83d\\ude00"]', '{"a":{"b":[{}, []]}}'],
    call: (input) => coded(() => overInput().evaluateText(input, LIMITS)),
    check: (answer) => assert.equal(toJson(parseJson(answer as string)), answer),
    codes: EVALUATION_CODES,
    costMicros: 700,
  },
  {
    name: 'rego evaluate YAML',
    seeds: () => YAML_TEXTS,
    call: (input) =>
      coded(() => {
        const { answers } = overYaml().evaluate({
          ...LIMITS,
          input: fromPlain([textOf(input)]),
          strictBuiltinErrors: true,
        });
        return toJson(answers[0]?.get('x') ?? null);
      }),
    check: (answer) => assert.doesNotMatch(answer as string, /"again":false/),
    codes: EVALUATION_CODES,
    costMicros: 300,
  },
];
