import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Json, utf8 } from '../bytes/index.ts';
import { CodedError } from '../errors.ts';
import {
  type EngineAnswer,
  type EngineQuestion,
  judge,
  type Policy,
  type PolicyEngines,
  type PolicyFacts,
  readPolicy,
} from './index.ts';

/** An engine whose programs are functions, to see what goes in and what is made of what comes out. */
function engineOf(programs: Readonly<Record<string, (question: EngineQuestion) => unknown>>): PolicyEngines {
  return {
    rego: {
      compile: ({ text }) => {
        const program = programs[text];
        if (program === undefined) return { outcome: 'invalid', reason: `p:1: no program ${text}` };
        return { outcome: 'done', value: { result: (question) => done(program(question)) } };
      },
    },
  };
}

const done = (result: unknown): EngineAnswer<string | undefined> => ({
  outcome: 'done',
  value: result === undefined ? undefined : JSON.stringify(result),
});

const answer = (result: unknown, facts: Partial<PolicyFacts> = {}) =>
  judge(policy(), { ...FACTS, ...facts }, engineOf({ main: () => result }));

const policy = (rest: Readonly<Record<string, Json>> = {}): Policy =>
  readPolicy({
    apiVersion: 'chainloop.dev/v1',
    kind: 'Policy',
    metadata: { name: 'p' },
    spec: { policies: [{ kind: 'SBOM_CYCLONEDX_JSON', embedded: 'main' }], ...rest },
  });

const FACTS: PolicyFacts = {
  evidence: { kind: 'SBOM_CYCLONEDX_JSON', bytes: utf8('{"components":[1.50]}') },
  arguments: {},
  context: { chainloop_metadata: { name: 'sbom' } },
  nowNs: 7n,
  limits: { deadlineMs: 2000, maxSteps: 1000 },
};

describe('judge: what a policy says', () => {
  const cases: readonly [result: unknown, verdict: unknown][] = [
    [{ skipped: false, violations: [] }, { outcome: 'holds' }],
    [{ violations: ['a', 'b'] }, { outcome: 'fails', messages: ['a', 'b'] }],
    [
      { violations: [{ message: 'a' }, { msg: 'b' }, { message: 'c', suppress: true }] },
      { outcome: 'fails', messages: ['a', 'b'] },
    ],
    [{ findings: [{ message: 'f', severity: 'HIGH' }] }, { outcome: 'fails', messages: ['f'] }],
    [
      { skipped: true, skip_reason: 'no SBOM', violations: [] },
      { outcome: 'not applicable', reason: 'no SBOM' },
    ],
    [
      { skipped: true, violations: ['all the same'] },
      { outcome: 'fails', messages: ['all the same'] },
    ],
    [
      { ignore: true, violations: [] },
      { outcome: 'not applicable', reason: 'the policy asks to be ignored here' },
    ],
  ];
  for (const [result, verdict] of cases) {
    it(`${JSON.stringify(result)}`, () => assert.deepEqual(answer(result), verdict));
  }

  const unreadable = [
    undefined,
    null,
    true,
    [],
    {},
    { violations: 'x' },
    { violations: [1] },
    { violations: [{}] },
    { skipped: 'no', violations: [] },
  ];
  for (const result of unreadable) {
    it(`${JSON.stringify(result)} is no verdict`, () => {
      const verdict = answer(result);
      assert.ok(verdict.outcome === 'undetermined' && verdict.cause === 'error', JSON.stringify(verdict));
    });
  }

  it('takes any JSON for a result, and never takes what it cannot read for good', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (result) => {
        const { outcome } = answer(result);
        if (outcome === 'holds')
          assert.ok(typeof result === 'object' && result !== null && !Array.isArray(result));
      }),
    );
  });
});

describe('judge: what stops it', () => {
  const ending = (result: () => EngineAnswer<string | undefined>) =>
    judge(policy(), FACTS, { rego: { compile: () => ({ outcome: 'done', value: { result } }) } });

  it('a deadline, an error, a program that is none: undetermined, with the reason', () => {
    const late = 'p:3: more than 2000 ms';
    assert.deepEqual(
      ending(() => ({ outcome: 'stopped', reason: late })),
      { outcome: 'undetermined', cause: 'deadline', reason: late },
    );
    const failed = 'p:4: division by zero';
    assert.deepEqual(
      ending(() => ({ outcome: 'failed', reason: failed })),
      { outcome: 'undetermined', cause: 'error', reason: failed },
    );
    assert.deepEqual(judge(policy(), FACTS, engineOf({})), {
      outcome: 'undetermined',
      cause: 'error',
      reason: 'p:1: no program main',
    });
  });

  it('evidence that is not what its kind says', () => {
    for (const text of ['', 'no JSON', '"text"', '{"a":1,"a":2}', '[],"waybill":1']) {
      const evidence = { kind: 'SBOM_CYCLONEDX_JSON', bytes: utf8(text) } as const;
      const verdict = answer({ violations: [] }, { evidence });
      assert.ok(verdict.outcome === 'undetermined' && verdict.cause === 'evidence missing', text);
    }
  });

  it('a result that is no JSON of ours: the program is to blame, not the evidence', () => {
    const verdict = ending(() => ({ outcome: 'done', value: '{"violations":[],"violations":[]}' }));
    assert.ok(verdict.outcome === 'undetermined' && verdict.cause === 'error');
  });

  it('a fault of ours is no verdict', () => {
    for (const fault of [new TypeError('ours'), new CodedError('thread_lost', 'ours')]) {
      const thrown = (): never => {
        throw fault;
      };
      assert.throws(() => ending(thrown), fault);
    }
  });
});

describe('judge: what a policy sees', () => {
  const seen = (given: Policy, facts: Partial<PolicyFacts>): EngineQuestion => {
    const questions: EngineQuestion[] = [];
    const engines = engineOf({
      main: (question) => {
        questions.push(question);
        return { violations: [] };
      },
    });
    assert.deepEqual(judge(given, { ...FACTS, ...facts }, engines), { outcome: 'holds' });
    const [question] = questions;
    assert.ok(question);
    return question;
  };

  it('the document as written, the context and the time', () => {
    const evidence = { kind: 'SBOM_CYCLONEDX_JSON', bytes: utf8('\uFEFF{"n":1.50}') } as const;
    const { document, added, nowNs } = seen(policy(), { evidence });
    assert.equal(document, '{"n":1.50}');
    assert.deepEqual(added, { args: {}, chainloop_metadata: { name: 'sbom' } });
    assert.equal(nowNs, 7n);
  });

  it('a list under elements', () => {
    const evidence = { kind: 'SBOM_CYCLONEDX_JSON', bytes: utf8(' [1]') } as const;
    assert.deepEqual(JSON.parse(seen(policy(), { evidence }).document), { elements: [1] });
  });

  it('a JUnit report as suites, counted from its cases', () => {
    const report =
      '<testsuites tests="0"><testsuite name="s" failures="0"><testcase name="a" time="0.5"/>' +
      '<testsuite name="inner"><testcase name="b"><failure message="m"/></testcase></testsuite></testsuite></testsuites>';
    const forTests = policy({ policies: [{ kind: 'JUNIT_XML', embedded: 'main' }] });
    const { document } = seen(forTests, { evidence: { kind: 'JUNIT_XML', bytes: utf8(report) } });
    const { elements } = JSON.parse(document) as {
      elements: { totals: unknown; suites: { tests: unknown }[] }[];
    };
    assert.deepEqual(elements[0]?.totals, {
      tests: 2,
      passed: 1,
      skipped: 0,
      failed: 1,
      error: 0,
      duration: 500_000_000,
    });
    assert.deepEqual(elements[0]?.suites[0]?.tests, [
      { name: 'b', classname: '', duration: 0, status: 'failed', message: 'm' },
    ]);
  });

  it('the metadata alone of what has no document', () => {
    const any = policy({ policies: [{ embedded: 'main' }] });
    const { document } = seen(any, { evidence: { kind: 'CONTAINER_IMAGE', bytes: utf8('') } });
    assert.equal(document, '{}');
  });

  it('arguments: parted at commas and new lines, defaults where none is given', () => {
    const inputs = [{ name: 'licences' }, { name: 'days', default: '30' }, { name: 'unused' }];
    const args = { licences: 'GPL-3.0-only, AGPL\\,3\nSSPL-1.0,' };
    const question = seen(policy({ inputs }), { arguments: args });
    assert.deepEqual(question.added['args'], {
      licences: ['GPL-3.0-only', 'AGPL,3', 'SSPL-1.0'],
      days: '30',
    });
  });

  it('never a misspelt or missing argument: that leaves it undetermined', () => {
    const inputs = [{ name: 'licences', required: true }];
    for (const args of [{}, { licences: '' }, { licences: 'MIT', licenses: 'MIT' }]) {
      const verdict = judge(
        policy({ inputs }),
        { ...FACTS, arguments: args },
        engineOf({ main: () => ({ violations: [] }) }),
      );
      assert.ok(verdict.outcome === 'undetermined' && verdict.cause === 'error');
    }
  });
});

describe('judge: several programs', () => {
  const programs = {
    holds: () => ({ violations: [] }),
    fails: () => ({ violations: ['v'] }),
    skips: () => ({ skipped: true, skip_reason: 'no', violations: [] }),
    ignores: () => ({ ignore: true, violations: ['unheard'] }),
    errs: () => undefined,
  };
  const cases: readonly [names: readonly (keyof typeof programs)[], outcome: string][] = [
    [['holds', 'skips'], 'holds'],
    [['fails', 'holds'], 'fails'],
    [['skips', 'ignores'], 'not applicable'],
    [['ignores'], 'not applicable'],
    [['holds', 'errs'], 'undetermined'],
  ];
  for (const [names, outcome] of cases) {
    it(`${names.join(' and ')}: ${outcome}`, () => {
      const policies = names.map((embedded) => ({ embedded, kind: 'SBOM_CYCLONEDX_JSON' }));
      assert.equal(judge(policy({ policies }), FACTS, engineOf(programs)).outcome, outcome);
    });
  }

  it('none for this kind of evidence', () => {
    const evidence = { kind: 'SARIF', bytes: utf8('{}') } as const;
    assert.equal(answer({ violations: [] }, { evidence }).outcome, 'not applicable');
  });
});

describe('readPolicy', () => {
  const document = (spec: Json): Json => ({
    apiVersion: 'workflowcontract.chainloop.dev/v1',
    kind: 'Policy',
    metadata: { name: 'p' },
    spec,
  });

  it('reads the older form, and kinds by number', () => {
    const old = readPolicy(document({ type: 'SARIF', embedded: 'x' }));
    assert.deepEqual(old.scripts, [{ kind: 'SARIF', source: 'x' }]);
    const byNumber = readPolicy(
      document({
        policies: [
          { kind: 4, embedded: 'x' },
          { kind: 0, embedded: 'y' },
        ],
      }),
    );
    assert.deepEqual(
      byNumber.scripts.map(({ kind }) => kind),
      ['SBOM_CYCLONEDX_JSON', null],
    );
  });

  it('leaves out what is only for the beginning of a run', () => {
    const phased = [
      { embedded: 'x', attestationPhases: ['INIT'] },
      { embedded: 'y', attestation_phases: ['INIT', 'PUSH'] },
    ];
    assert.deepEqual(readPolicy(document({ policies: phased })).scripts, [{ kind: null, source: 'y' }]);
  });

  const wrong: readonly [what: string, document: Json, message: RegExp][] = [
    ['no document', 'x', /expected an object/],
    ['another kind', { apiVersion: 'chainloop.dev/v1', kind: 'Contract' }, /policy\.kind: expected Policy/],
    ['a program elsewhere', document({ policies: [{ path: 'p.rego' }] }), /stands outside the document/],
    ['no program', document({ policies: [] }), /no program/],
    ['a kind that is none', document({ policies: [{ kind: 'SBOM', embedded: 'x' }] }), /not a material kind/],
    [
      'an input that is required and has a default',
      document({ embedded: 'x', inputs: [{ name: 'a', required: true, default: 'b' }] }),
      /required, so it has no default/,
    ],
  ];
  for (const [what, given, message] of wrong) {
    it(`refuses ${what}`, () => assert.throws(() => readPolicy(given), message));
  }

  it('throws coded errors alone', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (spec, whole) => {
        for (const given of [whole as Json, document(spec as Json)]) {
          try {
            readPolicy(given);
          } catch (error) {
            assert.ok(error instanceof CodedError, String(error));
          }
        }
      }),
    );
  });
});
