import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadPolicyEngine } from './load.ts';
import { REGO } from './node.ts';
import type { Answer, RegoEngine } from './policy-engine.ts';

const QUESTION = {
  document: '{"components":[1.50],"waybill":"faked"}',
  added: { waybill: { signer: 'proven' } },
  limits: { deadlineMs: 2000, maxSteps: 1_000_000 },
  nowNs: 7n,
};

function judge(engine: RegoEngine, text: string): Answer<string | undefined> {
  const compiled = engine.compile({ name: 'p', text: `package p\n${text}` });
  return compiled.outcome === 'done' ? compiled.value.result(QUESTION) : compiled;
}

/** One call of each group, and what becomes of it in a policy. */
const CALLS: readonly (readonly [call: string, outcome: string])[] = [
  ['regex.match("a", "a")', 'done'],
  ['yaml.is_valid("a: 1")', 'done'],
  ['crypto.sha256("a") != ""', 'done'],
  ['io.jwt.decode("eyJhbGciOiJub25lIn0.e30.")', 'done'],
  ['crypto.x509.parse_certificates("x")', 'failed'],
  ['rego.parse_module("a", "package a")', 'failed'],
  ['graphql.is_valid("", "")', 'failed'],
  ['json.match_schema({}, {})', 'failed'],
  ['strings.render_template("", {})', 'failed'],
  ['http.send({"method": "get", "url": "http://127.0.0.1:9/"})', 'failed'],
  ['net.lookup_ip_addr("example.com")', 'failed'],
];

describe('policyEngine', () => {
  it('lets policies call the same wherever they are evaluated', async () => {
    for (const [call, outcome] of CALLS) {
      const text = `violations contains "v" if { ${call} }`;
      const answers = [judge(REGO, text), judge(await loadPolicyEngine([`package p\n${text}`]), text)];
      assert.deepEqual(
        answers.map((answer) => answer.outcome),
        [outcome, outcome],
        call,
      );
      assert.deepEqual(answers[0], answers[1]);
    }
  });

  it('puts what is proven over what the document says', () => {
    const text =
      'violations contains input.waybill.signer\nviolations contains json.marshal(input.components[0])';
    assert.deepEqual(judge(REGO, text), {
      outcome: 'done',
      value: '{"ignore":false,"skip_reason":"","skipped":false,"violations":["1.50","proven"]}',
    });
  });

  it('says whose fault it is that there is no result', () => {
    assert.equal(judge(REGO, 'p if {').outcome, 'invalid');
    assert.equal(judge(REGO, 'p := 1').outcome, 'invalid');
    assert.equal(judge(REGO, 'violations contains x if { x := 1 / 0 }').outcome, 'failed');
    const endless = judge(REGO, 'violations contains x if { some x in numbers.range(1, 1000000000000) }');
    assert.equal(endless.outcome, 'stopped');
    const long = 'result := {"violations": [concat("", [s | some i in numbers.range(1, 4); s := part])]}';
    const half = `part := concat("", ["${'x'.repeat(1000)}" | some i in numbers.range(1, 2000)])`;
    assert.equal(judge(REGO, `${long}\n${half}`).outcome, 'done');
    const longer = long.replace(
      'violations": [',
      `violations": [part, part, part, part, part, part, part, part, part, `,
    );
    assert.equal(judge(REGO, `${longer}\n${half}`).outcome, 'failed');
  });
});
