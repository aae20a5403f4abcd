import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CORE_BUILTINS } from '../builtins/index.ts';
import { parseSources } from '../compile.ts';
import { parseQuery } from '../syntax/parse-module.ts';
import { ALL_BUILTINS } from '../test-builtins.ts';
import { loadGroups } from './load-groups.ts';
import { GROUP_NAMES, groupOf, neededGroups } from './needed-groups.ts';

const needs = (rules: string): readonly string[] =>
  [...neededGroups(parseSources([{ file: 'a', text: `package a\n${rules}` }]))].sort();

describe('groupOf', () => {
  it('knows the group of each built-in outside the core, and gives the core none', async () => {
    for (const name of GROUP_NAMES) {
      const [group] = await loadGroups([name]);
      assert.ok(group !== undefined && group.size > 0);
      for (const builtin of group.keys()) assert.equal(groupOf(builtin), name, builtin);
    }
    for (const builtin of CORE_BUILTINS.keys()) assert.equal(groupOf(builtin), undefined, builtin);
    const known = new Set(ALL_BUILTINS.flatMap((group) => [...group.keys()]));
    const loaded = (await loadGroups(GROUP_NAMES)).flatMap((group) => [...group.keys()]);
    assert.deepEqual(new Set(loaded), known);
  });
});

describe('neededGroups', () => {
  it('finds calls in heads, bodies, comprehensions and what else holds terms', () => {
    assert.deepEqual(needs('p := 1'), []);
    assert.deepEqual(needs('p := regex.match("a", "b")'), ['regex']);
    assert.deepEqual(needs('p if { every x in input { not yaml.is_valid(x) } }'), ['yaml']);
    assert.deepEqual(needs('p contains x if { x := {y | some y in input; io.jwt.decode(y)} }'), ['jwt']);
    assert.deepEqual(needs('p if { 1 == 2 } else := crypto.sha256("a")'), ['hashes']);
  });

  it('counts what stands for another by with', () => {
    const rules =
      'f(x) := x\np if { f(1) with time.now_ns as graphql.is_valid }\nq if { p with http.send as f }';
    assert.deepEqual(needs(rules), ['graphql']);
  });

  it('looks into queries, too', () => {
    const query = parseQuery('x := json.match_schema(1, {})');
    assert.deepEqual([...neededGroups([], [query])], ['schema']);
  });
});
