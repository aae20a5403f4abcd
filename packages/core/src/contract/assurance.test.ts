import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Contract,
  checkAssurance,
  lintContracts,
  parseContract,
  type RunFacts,
  verdictExpiry,
} from './index.ts';

const contract = (assurance: string): Contract =>
  parseContract(`{schemaVersion: v1, runner: {type: 1}, assurance: ${assurance}}`).contract;

const startedAt = new Date('2026-11-29T08:00:00Z');
const after = (seconds: number): Date => new Date(startedAt.getTime() + seconds * 1000);
const nothing: RunFacts = { verifiedRunner: null, buildLevel: null, startedAt, judgedAt: after(60) };

const codes = (demand: string, facts: Partial<RunFacts> = {}): readonly string[] =>
  checkAssurance(contract(demand), { ...nothing, ...facts }).map(({ code }) => code);

describe('a contract that demands assurance', () => {
  it('says what it demands, and none where it says nothing', () => {
    assert.deepEqual(
      contract('{runner: VERIFIED, slsaLevel: 2, freshness: {run: 2h, verdict: 30d}}').assurance,
      {
        verifiedRunner: true,
        minimumBuildLevel: 2,
        maxRunSeconds: 7200,
        maxVerdictSeconds: 2_592_000,
      },
    );
    assert.equal(contract('{runner: STATED}').assurance?.verifiedRunner, false);
    assert.ok(!('assurance' in parseContract('schemaVersion: v1').contract));
  });

  it('is never read half: whatever is wrong in it is refused', () => {
    for (const [written, place] of [
      ['', 'assurance'],
      ['~', 'assurance'],
      ['{}', 'assurance'],
      ['[]', 'assurance'],
      ['{runner: }', 'assurance.runner'],
      ['{runner: verified}', 'assurance.runner'],
      ['{runner: true}', 'assurance.runner'],
      ['{slsaLevel: 0}', 'assurance.slsaLevel'],
      ['{slsaLevel: 4}', 'assurance.slsaLevel'],
      ['{slsaLevel: "2"}', 'assurance.slsaLevel'],
      ['{slsalevel: 2}', 'assurance.slsalevel'],
      ['{level: 2, runner: VERIFIED}', 'assurance.level'],
      ['{freshness: }', 'assurance.freshness'],
      ['{freshness: {}}', 'assurance.freshness'],
      ['{freshness: {run: 0s}}', 'assurance.freshness.run'],
      ['{freshness: {run: -1h}}', 'assurance.freshness.run'],
      ['{freshness: {run: 1.5h}}', 'assurance.freshness.run'],
      ['{freshness: {run: 3661d}}', 'assurance.freshness.run'],
      ['{freshness: {verdict: never}}', 'assurance.freshness.verdict'],
      ['{freshness: {age: 1h, run: 1h}}', 'assurance.freshness.age'],
    ] as const) {
      const errors = lintContracts(`{schemaVersion: v1, assurance: ${written}}`).filter(
        ({ severity }) => severity === 'error',
      );
      assert.ok(
        errors.some(({ path }) => path === place),
        `${written}: ${JSON.stringify(errors)}`,
      );
    }
  });

  it('is found where it is misspelt or misplaced', () => {
    for (const text of [
      '{schemaVersion: v1, asurance: {slsaLevel: 3}}',
      '{schemaVersion: v1, slsaLevel: 3}',
      '{schemaVersion: v1, minimumSlsaLevel: 3}',
      '{schemaVersion: v1, freshness: {run: 1h}}',
      '{schemaVersion: v1, runner: {type: 1, assurance: VERIFIED}}',
      '{schemaVersion: v1, аssurance: {slsaLevel: 3}}',
    ]) {
      const [finding] = lintContracts(text);
      assert.deepEqual([finding?.severity, finding?.suggestion], ['error', 'assurance'], text);
    }
  });
});

describe('checkAssurance', () => {
  it('never takes a fact that nobody has for one that holds', () => {
    assert.deepEqual(codes('{runner: VERIFIED, slsaLevel: 1}'), [
      'contract_assurance_runner',
      'contract_assurance_level',
    ]);
    assert.deepEqual(codes('{runner: VERIFIED}', { verifiedRunner: false }), ['contract_assurance_runner']);
    assert.deepEqual(codes('{slsaLevel: 2}', { buildLevel: 1 }), ['contract_assurance_level']);
    assert.deepEqual(codes('{slsaLevel: 2}', { buildLevel: Number.NaN }), ['contract_assurance_level']);
  });

  it('finds nothing in what is proven, or not demanded', () => {
    const proven = { verifiedRunner: true, buildLevel: 3 };
    assert.deepEqual(codes('{runner: VERIFIED, slsaLevel: 3, freshness: {run: 1m}}', proven), []);
    assert.deepEqual(codes('{runner: STATED, freshness: {verdict: 1d}}'), []);
    assert.deepEqual(checkAssurance(parseContract('schemaVersion: v1').contract, nothing), []);
  });

  it('counts the age of a run to the second', () => {
    const demand = '{freshness: {run: 60s}}';
    assert.deepEqual(codes(demand, { judgedAt: after(60) }), []);
    assert.deepEqual(codes(demand, { judgedAt: after(60.001) }), ['contract_assurance_age']);
    assert.deepEqual(codes(demand, { judgedAt: new Date(Number.NaN) }), ['contract_assurance_age']);
  });
});

describe('verdictExpiry', () => {
  it('is as long after the verdict as the contract says, and never where it says nothing', () => {
    assert.deepEqual(verdictExpiry(contract('{freshness: {verdict: 1m}}'), startedAt), after(60));
    assert.equal(verdictExpiry(contract('{slsaLevel: 1}'), startedAt), null);
    assert.equal(verdictExpiry(parseContract('schemaVersion: v1').contract, startedAt), null);
  });
});
