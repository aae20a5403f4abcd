import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileModules, parseSources } from '../compile.ts';
import { Observer } from '../evaluate/observe.ts';
import { coverageReport } from './coverage.ts';

/** What OPA 1.22 counts for it: 19 lines covered, 3 not. */
const TEXT = `package c
p if { false; true }
q if {
  x := [1,
    2]
  x == [1,
    2]
}
r contains x if {
  some x in [1,
   2]
  every y in [1] {
    y > 5
    y < 2
  }
}
s := {a |
  some a in input.z
  a > 1
}
t if { not p
 z := 1; z == 2 } else if {
 true
 }
`;

function report(query: string) {
  const [module] = parseSources([{ file: 'c.rego', text: TEXT }]);
  assert.ok(module !== undefined);
  const observer = new Observer();
  compileModules([module], { observe: true }).evaluate(query, { observer });
  return coverageReport([{ module, text: TEXT }], observer);
}

describe('coverageReport', () => {
  it('counts lines as OPA does', () => {
    const { files, ...counts } = report('data.c');
    assert.deepEqual(counts, { covered_lines: 19, not_covered_lines: 3, coverage: (100 * 19) / 22 });
    assert.deepEqual(
      files['c.rego']?.not_covered?.map(({ start, end }) => [start.row, start.col, end.row, end.col]),
      [
        [2, 1, 2, 2],
        [2, 15, 2, 19],
        [9, 1, 9, 13],
        [21, 1, 21, 2],
      ],
    );
  });

  it('leaves out what is zero, and covers nothing where nothing is evaluated', () => {
    const file = report('1 == 1').files['c.rego'];
    assert.ok(file !== undefined && !('covered' in file) && !('coverage' in file));
  });
});
