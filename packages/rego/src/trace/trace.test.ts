import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CORE_BUILTINS } from '../builtins/index.ts';
import { compileModules, parseSources } from '../compile.ts';
import { parseJson } from '../values/json.ts';
import { Trace, type TraceMode, traceBuiltins, traceText } from './trace.ts';

const TEXT = `package a
allow if {
  admin
  trace("allowed")
}
admin if {
  some role in input.roles
  role ==
    "admin"
}
`;

function trace(mode: TraceMode, input: string): readonly string[] {
  const [module] = parseSources([{ file: 'a.rego', text: TEXT }]);
  assert.ok(module !== undefined);
  const kept = new Trace(mode);
  const builtins = [CORE_BUILTINS, traceBuiltins(kept.observer)];
  compileModules([module], { builtins, observe: true }).evaluate('data.a.allow', {
    input: parseJson(input),
    observer: kept.observer,
  });
  return traceText(kept.steps([{ module, text: TEXT }], 'data.a.allow'))
    .trimEnd()
    .split('\n');
}

describe('Trace', () => {
  it('tells all steps, each in the rules around it', () => {
    assert.deepEqual(trace('full', '{"roles":["admin"]}'), [
      'query:1   Eval data.a.allow',
      'a.rego:2  Enter data.a.allow',
      'a.rego:3  | Eval admin',
      'a.rego:6  | Enter data.a.admin',
      'a.rego:7  | | Eval some role in input.roles',
      'a.rego:8  | | Eval role == "admin"',
      'a.rego:6  | Exit data.a.admin',
      'a.rego:4  | Eval trace("allowed")',
      'a.rego:4  | Note "allowed"',
      'a.rego:2  Exit data.a.allow',
    ]);
  });

  it('tells what failed, with the rules around it', () => {
    assert.deepEqual(trace('fails', '{"roles":["dev","ops"]}'), [
      'a.rego:2  Enter data.a.allow',
      'a.rego:6  | Enter data.a.admin',
      'a.rego:8  | | Fail role == "admin"',
      'a.rego:8  | | Fail role == "admin"',
      'a.rego:3  | Fail admin',
      'query:1   Fail data.a.allow',
    ]);
  });

  it('tells notes', () => {
    assert.deepEqual(trace('notes', '{"roles":["admin"]}'), [
      'a.rego:2  Enter data.a.allow',
      'a.rego:4  | Note "allowed"',
    ]);
  });
});
