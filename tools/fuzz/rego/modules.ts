/** Modules by hand, which use every part of the language, and those of OPA's cases. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasShared, SHARED } from '../fixtures.ts';

export const MODULES: readonly string[] = [
  `# METADATA
# title: a
# schemas:
#   - input: {type: object, properties: {a: {type: string}}}
# custom: {k: [1, *x]}
package a.b

import data.x as y
import input.c

# About p
p contains {"k": [v | some v in y; v > 1]} if {
	not input.a[_].b == -1.5e3
	every k, v in {"a": 1} { k != v }
	z := $"{v}é{count(c)}" with input.x as \`r\`
	data[z][_] = {1, 2} | {3}
	some i, v in input.a
}

default f(_) := 1

f(x) := w if {
	w := count([1 | x[_]])
} else := f(1) if x.q[0]["r s"]

q[k].r := v if some k, v in input
t[k] contains v if walk(input, [k, v])
`,
  `package a

deny contains msg if {
	some component in input.components
	some name in names(component) | {"x"}
	name in {"GPL-3.0-only"}
	msg := sprintf("%s@%v has %q", [component.name, component.version, name])
}

names(component) := {id | some entry in component.licenses; id := entry.license.id}

total := sum([n | some n in [1, 2.5, 1e3, 18446744073709551616]]) * 2 / 3 - 1 % 2

nested := {k: v | some k, v in data.base; not k in {"z"}} with data.base as {"a": deny, "z": 1}

allow if count(deny) == 0 with count as 0
__proto__.constructor := {"__proto__": total}
sorted := sort([x | some x in object.keys(input)])
text := concat(",", sorted)
match if regex.match("^[a-c]+$", text)
`,
];

/** For Rego before its version 1. */
export const V0_MODULES: readonly string[] = [
  `package a

import future.keywords.in

p[x] { x := input.a[_]; not q[x] }
q = { 1, "a" } { true } else = { x | x = data.b[_] } { input.c }
f(x) = y { y := x + 1 } { y := 2 }
r["k"] = v { some v; input[v]; any([v == 1]) }
default s = false
`,
];

/** Values that the modules speak of, and names of JavaScript's own. */
export const DOCUMENT = {
  a: [1, 2, { b: -1500 }],
  c: { one: 1, two: 'x' },
  components: [
    { name: 'n', version: 1.5, licenses: [{ license: { id: 'GPL-3.0-only' } }, { expression: 'A OR B' }] },
    { name: '', licenses: [] },
  ],
  constructor: { x: null },
  deep: [[[{ k: [true, 1e21, 0.1, 1e300] }]]],
};

interface Case {
  readonly modules?: readonly string[];
  readonly input?: string;
}

const VECTORS = 60;

/** Some of the texts of OPA's cases in files below shared/vectors/rego; none where the folder is not there. */
export function vectorModules(files: readonly string[]): readonly string[] {
  if (!hasShared) return [];
  const texts = files.flatMap((file) =>
    (JSON.parse(readFileSync(join(SHARED, 'vectors/rego', file), 'utf8')) as readonly Case[]).flatMap(
      ({ modules = [], input }) => (typeof input === 'string' ? [input] : modules),
    ),
  );
  const every = Math.ceil(texts.length / VECTORS);
  return texts.filter((_, at) => at % every === 0);
}
