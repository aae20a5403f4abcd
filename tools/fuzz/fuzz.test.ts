/** The short form of `npm run fuzz`, and the fuzzer itself against parsers with known faults. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mutant } from './mutate/index.ts';
import { shortPlan, spread } from './plan.ts';
import { TARGETS as PLANTED } from './planted.ts';
import { Random } from './random.ts';
import { describeFailure } from './report.ts';
import type { Failure, Summary } from './session.ts';
import { TARGETS } from './targets.ts';
import { runWatched } from './watch.ts';

const SEED = 20_261_128;

describe('every parser of untrusted bytes', () => {
  it('answers hostile input with coded errors only, in time, in bounded memory, the same each time', async () => {
    const summaries: Summary[] = [];
    await runWatched({
      plan: shortPlan(TARGETS),
      seed: SEED,
      onSummary: (summary) => summaries.push(summary),
    });
    const failures = summaries.flatMap((summary) => summary.failures);
    assert.equal(failures.length, 0, `\n${failures.map((failure) => describeFailure(failure)).join('\n')}`);
    assert.deepEqual(
      summaries.map(({ target }) => target),
      TARGETS.map(({ name }) => name),
    );
    // Inputs that are all refused at the first byte would test nothing.
    const accepted = summaries.filter((summary) => summary.accepted > 0).length;
    assert.ok(
      accepted > TARGETS.length * 0.9,
      `only ${accepted} of ${TARGETS.length} targets accept anything`,
    );
  });
});

describe('the fuzzer', () => {
  const run = async (names: readonly string[], options: { readonly hangMs?: number } = {}) => {
    const summaries: Summary[] = [];
    await runWatched({
      ...options,
      module: new URL('planted.ts', import.meta.url).href,
      plan: names.map((name) => [name, 200]),
      seed: SEED,
      maxHeapMb: 64,
      onSummary: (summary) => summaries.push(summary),
    });
    return summaries;
  };

  it('finds each fault that is planted, also after a hang and without memory, and none where none is', async () => {
    const names = PLANTED.map(({ name }) => name).filter((name) => name !== 'hang');
    const summaries = [...(await run(names)), ...(await run(['hang', 'fine'], { hangMs: 5000 }))];
    const kinds = Object.fromEntries(
      summaries.map(({ target, failures }) => [target, failures[0]?.kind.split(' ').slice(0, 2).join(' ')]),
    );
    assert.deepEqual(kinds, {
      raw: 'raw TypeError',
      undeclared: 'undeclared bytes_utf8',
      slow: 'slow',
      hang: 'hang',
      memory: 'memory',
      leak: 'memory kept',
      unsteady: 'unsteady',
      check: 'check Error',
      long: 'long message',
      fine: undefined,
    });
    // The input at which the thread was lost.
    for (const lost of ['hang', 'memory']) {
      const summary = summaries.find(({ target }) => target === lost);
      assert.ok((summary?.failures[0]?.input.length ?? 0) > 40, lost);
    }
  });

  const failureOf = async (name: string): Promise<Failure | undefined> => (await run([name]))[0]?.failures[0];

  it('gives the same inputs for the same seed, others for another, and makes what fails small', async () => {
    const [first, again] = [await failureOf('raw'), await failureOf('raw')];
    assert.deepEqual(first, again);
    assert.equal(Buffer.from(first?.input ?? []).toString(), '__proto__');
    const inputs = (seed: number) => {
      const random = new Random(seed, 'x');
      const seeds = [
        Buffer.from('{"a":["b",1,null]}'),
        Buffer.from('a: b\n- c\n'),
        Buffer.from('3003020101', 'hex'),
      ];
      return Array.from({ length: 200 }, () => Buffer.from(mutant(seeds, random)).toString('base64'));
    };
    assert.deepEqual(inputs(1), inputs(1));
    assert.notDeepEqual(inputs(1), inputs(2));
    assert.ok(new Set(inputs(1)).size > 150);
  });

  it('spreads its cases by cost', () => {
    const plan = new Map(
      spread(
        PLANTED.map((target, at) => ({ ...target, costMicros: at === 0 ? 400 : 100 })),
        1900,
      ),
    );
    assert.equal(plan.get('raw'), 100);
    assert.equal(plan.get('fine'), 200);
  });
});
