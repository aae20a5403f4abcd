import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { utf8 } from '@waybill/core/bytes';
import { type PolicyVerdict, readPolicy } from '@waybill/core/policy';
import { createLog } from '../ground/index.ts';
import { type ChildLimits, type Judge, openJudge } from './open-judge.ts';

const open = (limits: ChildLimits): Judge => {
  const judge = openJudge(createLog('silent'), limits);
  after(() => judge.close());
  return judge;
};
const patient = open({ maxHeapMiB: 64, deadlineMs: 60_000 });
const strict = open({ maxHeapMiB: 64, deadlineMs: 3000 });

/** With limits of the engine that end nothing. */
const ask = async (judge: Judge, rule: string): Promise<PolicyVerdict> => {
  const { verdict } = await judge.judge(
    'an organisation',
    readPolicy({
      apiVersion: 'chainloop.dev/v1',
      kind: 'Policy',
      metadata: { name: 'p' },
      spec: { policies: [{ embedded: `package main\n${rule}` }] },
    }),
    async () => ({
      evidence: { kind: 'SARIF', bytes: utf8('{}') },
      arguments: {},
      context: {},
      nowNs: 0n,
      limits: { deadlineMs: 60_000, maxSteps: 1e12 },
    }),
  );
  return verdict;
};

const HOLDS = 'violations contains "never" if input.runs';
const GREEDY = `violations contains "never" if {
  kept := [numbers.range(i, i + 10000) | some i in numbers.range(1, 10000)]
  count(kept) == 0
}`;
const ENDLESS = `violations contains "never" if {
  some a in numbers.range(1, 10000)
  some b in numbers.range(1, 1000000)
  a * b == -1
}`;

describe('openJudge', () => {
  it('says what a policy says', async () => {
    assert.deepEqual(await ask(patient, HOLDS), { outcome: 'holds' });
    assert.deepEqual(await ask(patient, 'violations contains "always"'), {
      outcome: 'fails',
      messages: ['always'],
    });
  });

  it('outlives a policy with which V8 gives up; others that wait go on', async () => {
    const [greedy, holds] = await Promise.all([ask(patient, GREEDY), ask(patient, HOLDS)]);
    assert.deepEqual(holds, { outcome: 'holds' });
    assert.deepEqual(greedy, {
      outcome: 'undetermined',
      cause: 'error',
      reason:
        'the evaluation ended its process twice: it used more than 64 MiB of memory, or made a value larger than the engine holds',
    });
  });

  it('ends what does not end, and what waits goes on', async () => {
    const [endless, holds] = await Promise.all([ask(strict, ENDLESS), ask(strict, HOLDS)]);
    assert.deepEqual(holds, { outcome: 'holds' });
    assert.deepEqual(endless, {
      outcome: 'undetermined',
      cause: 'deadline',
      reason: 'the evaluation was ended, as it took more than 3000 ms',
    });
  });
});
