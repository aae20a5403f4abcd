/** What a child does, in this process. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { utf8 } from '@waybill/core/bytes';
import { readPolicy } from '@waybill/core/policy';
import { openTasks } from './judge-tasks.ts';

describe('the task of judging', () => {
  it('leaves undetermined what is out of time', () => {
    const source = `package main
violations contains "never" if {
  some a in numbers.range(1, 10000)
  some b in numbers.range(1, 1000000)
  a * b == -1
}`;
    const { verdict, tookMs } = openTasks().judge({
      policy: readPolicy({
        apiVersion: 'chainloop.dev/v1',
        kind: 'Policy',
        metadata: { name: 'slow' },
        spec: { policies: [{ embedded: source }] },
      }),
      facts: {
        evidence: { kind: 'SARIF', bytes: utf8('{}') },
        arguments: {},
        context: {},
        nowNs: 0n,
        limits: { deadlineMs: 50, maxSteps: 1e12 },
      },
    });
    assert.equal(verdict.outcome, 'undetermined');
    assert.equal(verdict.cause, 'deadline');
    assert.ok(tookMs >= 50);
  });
});
