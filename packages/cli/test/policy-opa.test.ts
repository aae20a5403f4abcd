/** `waybill policy` beside the real `opa`: the same words, the same exit code, the same output. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { requirePeer } from '@waybill/testkit';
import { inProcess } from './in-process.ts';
import { type Ended, spawned, workspace } from './program.ts';

const opa = requirePeer('opa');

const FILES: Readonly<Record<string, string>> = {
  'a.rego': `package a
import rego.v1

default allow := false
allow if input.user == "bob"
deny contains msg if { some x in input.xs; x > 1; msg := sprintf("x %v", [x]) }
f(x) := x + 1
html := "<a> & b"
big := 12345678901234567890.10
fails := 1 / input.zero
`,
  'b.rego':
    'package b\nlimit := data.limits.max\nbob := yaml.unmarshal("name: bob")\nodd if regex.match("^o", "odd")\n',
  'in.json': '{"user":"bob","xs":[1,2,3],"zero":0}',
  'in.yaml': 'user: alice\nxs: [1, 5]\n',
  'data.json': '{"limits":{"max":10},"<k>":1.50}',
  'list.json': '[1,2]',
  'tree/x/y/data.json': '{"deep":true}',
  'tree/x/more.yaml': 'name: more\n',
  'tree/x/note.txt': 'neither',
  'tree/p.rego': 'package p\nfound := data.x.y.deep\n',
  'tree/.hidden/z.json': '{"z":1}',
  'named.policy': 'package named\np := 1\n',
  'old.rego': 'package old\np[x] { x := input.xs[_]; x > 1 }\nq { p[2] }\n',
  'broken.rego': 'package broken\np if {\n  x == \n}\n',
  'wrong.rego': 'package wrong\np if { undefined_function(1) }\nq if { x }\n',
  'unused.rego': 'package unused\nimport data.a\np if { x := 1 }\n',
  'conflict.rego': 'package conflict\np := 1 if true\np := 2 if true\n',
  'ugly.rego': 'package   ugly\np:=1\nq if {  input.x ;input.y }\n',
  'pretty.rego': 'package pretty\n\np := 1\n',
  'a_test.rego': `package a_test
import data.a
test_bob if { a.allow with input as {"user": "bob"} }
test_al if { not a.allow with input as {"user": "al"} }
test_said if { print("seen", 1); count(a.deny) == 1 with input as {"xs": [2]} }
todo_test_later if { false }
`,
  'failing_test.rego': `package failing_test
f(x) := 1 if x > 0
f(x) := 2 if x > 0
test_conflict if { f(1) == 1 }
test_false if { print("so", {"a": 1}); 1 == 2 }
test_number := 1
test_cases[tc.note] if { some tc in [{"note": "one", "v": 1}, {"note": "two", "v": 2}]; tc.v == 1 }
test_pairs[a][b] if { some a in ["p", "q"]; some b in ["r", "s"]; a != "q" }
test_same if { true }
test_same if { false }
`,
};

interface Run {
  readonly words: readonly string[];
  readonly stdin?: string;
}

const run = (words: string, stdin?: string): Run => ({
  words: [...words.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ''),
  ...(stdin === undefined ? {} : { stdin }),
});

const EVALUATIONS: readonly Run[] = [
  run('eval data.a -d a.rego -i in.json'),
  run("eval '1 == 2'"),
  run("eval '1 == 2' --fail"),
  run('eval data.none --fail'),
  run('eval data.none --fail-defined'),
  run('eval 1 --fail-defined'),
  run('eval data.none'),
  run("eval 'x := 1; y := x + 1'"),
  run("eval 'x > 1; x = 2'"),
  run("eval 'input.xs[i] > 1' -i in.json"),
  run("eval 'some x in input.xs; x > 1' -i in.json"),
  run("eval 'walk(input, [p, v])' -i in.yaml"),
  run("eval 'data.a.f(2)' -d a.rego"),
  run("eval 'input with input as 3'"),
  run('eval null'),
  run("eval 'some i; input.xs[i] == 2' -i in.json"),
  run("eval 'every x in input.xs { x > 0 }' -i in.json"),
  run("eval '{x: y | some x, y in input}' -i in.json"),
  run("eval 'not data.a.allow' -d a.rego"),
  run("eval 'print(1)'"),
  run('eval data -d data.json -d b.rego'),
  run('eval data.b -d .:data.json -d b.rego'),
  run('eval data -d some.place:list.json'),
  run('eval data -d list.json'),
  run('eval data -d tree'),
  run("eval data -d tree --ignore '.*'"),
  run('eval data -d tree -d x:data.json'),
  run('eval data -d named.policy'),
  run('eval data -d none.rego'),
  run('eval data -d broken.rego -d a.rego'),
  run('eval data -d wrong.rego'),
  run('eval data.conflict -d conflict.rego'),
  run('eval data.old --v0-compatible -d old.rego -i in.json'),
  run('eval data -d old.rego'),
  run('eval data.unused -d unused.rego -d a.rego --strict'),
  run('eval data.unused -d unused.rego -d a.rego'),
  run("eval 'foo(1)'"),
  run('eval \'1 + "a"\''),
  run("eval 'x'"),
  run("eval '1 +'"),
  run('eval --stdin -i in.json', 'input.user'),
  run("eval 'input.n' --stdin-input", '{"n": 1.10}'),
  run("eval 'input' -I", '- a\n- b: 1.0\n'),
  run('eval data.a.fails -d a.rego -i in.json --strict-builtin-errors'),
  run('eval data.a.fails -d a.rego -i in.json --show-builtin-errors'),
  run('eval data.a -d a.rego -i in.json --format raw'),
  run('eval \'data.a.html; [1, "<"]; 1.10\' -d a.rego --format raw'),
  run("eval 'x := 1; [1, x]' --format values"),
  run("eval 'x := 1; [1, x]' --format bindings"),
  run('eval \'x := 1; [1, x]; "s"; true; y = {"a": x}\' --format pretty'),
  run("eval 'input.xs[i]' -i in.json --format pretty"),
  run("eval 'true; 1 == 1; 2' --format pretty"),
  run('eval data.a -d a.rego -i in.json --format pretty'),
  run('eval data.none --format pretty'),
  run('eval data.none --format raw'),
  run('eval 1 --format discard'),
  run('eval data.a.allow -d a.rego -i in.json --format pretty --coverage'),
  run('eval data -d broken.rego --format pretty'),
];

const CHECKS: readonly Run[] = [
  run('check a.rego b.rego'),
  run('check broken.rego'),
  run('check broken.rego wrong.rego a.rego'),
  run('check wrong.rego --format json'),
  run('check unused.rego'),
  run('check unused.rego --strict --format json'),
  run('check old.rego'),
  run('check old.rego --v0-compatible'),
  run('check tree'),
  run('check none.rego'),
];

const FORMATS: readonly Run[] = [
  run('fmt ugly.rego'),
  run('fmt pretty.rego'),
  run('fmt --list ugly.rego pretty.rego a.rego'),
  run('fmt --list --fail pretty.rego ugly.rego'),
  run('fmt --fail pretty.rego'),
  run('fmt --fail ugly.rego'),
  run('fmt broken.rego'),
  run('fmt old.rego'),
  run('fmt --v0-compatible old.rego'),
  run('fmt --v0-v1 old.rego'),
  run('fmt --drop-v0-imports a.rego'),
  run('fmt', 'package x\np:=1\n'),
  run('fmt', 'no module'),
  run('fmt tree'),
];

let at: Awaited<ReturnType<typeof workspace>>;
before(async () => {
  at = await workspace();
  for (const [name, text] of Object.entries(FILES)) {
    await mkdir(path.dirname(path.join(at.dir, name)), { recursive: true });
    await writeFile(path.join(at.dir, name), text);
  }
});
after(() => at[Symbol.asyncDispose]());

interface Pair {
  readonly ours: Ended;
  readonly theirs: Ended;
}

async function both({ words, stdin = '' }: Run): Promise<Pair> {
  const [ours, theirs] = await Promise.all([
    inProcess(['policy', ...words], { cwd: at.dir, stdin }),
    spawned(opa.path ?? '', words, { cwd: at.dir, stdin }),
  ]);
  assert.doesNotMatch(ours.stderr, /\[internal\]/);
  assert.equal(ours.code, theirs.code, `${ours.stderr}\n${theirs.stderr}`);
  return { ours, theirs };
}

/** Members that come from Go's libraries, or tell of the way that an evaluation went. */
const NOT_COMPARED: ReadonlySet<string> = new Set([
  'details',
  'stack_trace',
  'duration',
  'covered',
  'not_covered',
]);

function comparable(json: string): unknown {
  return JSON.parse(json, (key, value: unknown) => (NOT_COMPARED.has(key) ? undefined : value));
}

/** OPA also names the variable that it keeps the value of an expression in; texts of files that are not there differ. */
function comparableErrors(json: string): unknown {
  const { errors, ...rest } = comparable(json) as { errors?: readonly { message: string; code?: string }[] };
  return {
    ...rest,
    errors: errors
      ?.filter(({ message }) => message !== 'var _ is unsafe')
      .map(({ message, ...error }) =>
        error.code === undefined ? 'a file' : { ...error, message: withoutList(message) },
      ),
  };
}

/** Which values are in conflict. */
function withoutList(message: string): string {
  return message.replace(/:\n {2}\d.*$/s, '');
}

describe('waybill policy eval', { skip: opa.skip, concurrency: 2 }, () => {
  for (const one of EVALUATIONS) {
    it(one.words.join(' '), async () => {
      const { ours, theirs } = await both(one);
      const isJson = theirs.stdout.startsWith('{\n') && !one.words.includes('pretty');
      if (isJson) assert.deepEqual(comparableErrors(ours.stdout), comparableErrors(theirs.stdout));
      else assert.equal(ours.stdout, theirs.stdout);
      // Numbers that JSON.parse cannot tell apart.
      if (isJson && !theirs.stdout.includes('"errors"')) assert.equal(ours.stdout, theirs.stdout);
    });
  }
});

describe('waybill policy check', { skip: opa.skip, concurrency: 2 }, () => {
  for (const one of CHECKS) {
    it(one.words.join(' '), async () => {
      const { ours, theirs } = await both(one);
      if (one.words.includes('json')) {
        assert.deepEqual(comparableErrors(ours.stdout), comparableErrors(theirs.stderr));
      } else {
        assert.deepEqual(placesIn(ours.stderr), placesIn(theirs.stderr));
      }
    });
  }
});

/** `a.rego:3: rego_parse_error` of each error. */
function placesIn(text: string): readonly string[] {
  return [...text.matchAll(/\S+\.rego:\d+: rego_\w+/g)].map(([place]) => place).toSorted();
}

describe('waybill policy fmt', { skip: opa.skip, concurrency: 2 }, () => {
  for (const one of FORMATS) {
    it(one.words.join(' '), async () => {
      const { ours, theirs } = await both(one);
      assert.equal(ours.stdout, theirs.stdout);
    });
  }

  it('--write writes what opa writes, once', async () => {
    const write = async (words: readonly string[], program: string) => {
      const file = path.join(at.dir, `${program}.rego`);
      await writeFile(file, FILES['ugly.rego'] ?? '');
      const options = { cwd: at.dir };
      const { code } =
        program === 'opa'
          ? await spawned(opa.path ?? '', [...words, file], options)
          : await inProcess(['policy', ...words, file], options);
      return [code, await readFile(file, 'utf8')];
    };
    assert.deepEqual(await write(['fmt', '--write'], 'waybill'), await write(['fmt', '--write'], 'opa'));
  });
});

interface TestRecord {
  readonly name: string;
}

describe('waybill policy test', { skip: opa.skip, concurrency: 2 }, () => {
  for (const words of [
    'test a.rego a_test.rego',
    'test a.rego a_test.rego --exit-zero-on-skipped',
    'test failing_test.rego',
    'test a.rego a_test.rego failing_test.rego --run bob',
    'test a.rego a_test.rego --run nothing',
    'test a.rego a_test.rego --run nothing --fail-on-empty',
    'test a.rego a_test.rego --verbose --run a_test',
  ]) {
    it(words, async () => {
      const { ours, theirs } = await both(run(words));
      assert.deepEqual(linesOf(ours.stdout), linesOf(theirs.stdout));
    });
  }

  it('--format json', async () => {
    for (const words of ['test a.rego a_test.rego --format json', 'test failing_test.rego --format json']) {
      const { ours, theirs } = await both(run(words));
      const records = (text: string): unknown =>
        (comparable(text) as readonly TestRecord[])
          .map((record) => JSON.stringify(record).replace(/:\\n {2}\d.*?"/s, '"'))
          .toSorted();
      assert.deepEqual(records(ours.stdout), records(theirs.stdout));
    }
  });

  it('--coverage', async () => {
    const words = 'test a.rego a_test.rego --coverage --run test_';
    const { ours, theirs } = await both(run(words));
    if (theirs.code === 0) assert.deepEqual(comparable(ours.stdout), comparable(theirs.stdout));
    const passing = await both(run('test a.rego a_test.rego --coverage -z'));
    assert.deepEqual(comparable(passing.ours.stdout), comparable(passing.theirs.stdout));
  });

  it('--threshold', async () => {
    await both(run('test a.rego a_test.rego -z --threshold 99'));
    await both(run('test a.rego a_test.rego -z --threshold 10'));
  });
});

/** Without times, and without the places at which OPA's tests end in a different order. */
function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\(\d.*?s\)/, '()').trimEnd())
    .filter((line) => line !== '' && !/^ {2}\d at |Traceback|^ {4}\S+:\d+: |produced conflicting/.test(line))
    .toSorted();
}

describe('waybill policy bench', { skip: opa.skip }, () => {
  it('has the members of opa bench, but for what only Go can count', async () => {
    const { ours, theirs } = await both(run('bench data.a.allow -d a.rego -i in.json --format json'));
    const members = (text: string): readonly string[] => {
      const { Extra, ...rest } = JSON.parse(text) as { Extra: object };
      return [...Object.keys(rest), ...Object.keys(Extra)].filter((name) => !name.startsWith('Mem'));
    };
    assert.deepEqual(members(ours.stdout).toSorted(), members(theirs.stdout).toSorted());
    await both(run('bench data.a.none -d a.rego'));
  });
});
