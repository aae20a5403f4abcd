/** What a contract demands of proof and age, kept by the server and by the gate. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Receipt } from '@waybill/api';
import { parseBundle } from '@waybill/core/bundle';
import { utf8 } from '@waybill/core/bytes';
import { parseStatement } from '@waybill/core/intoto';
import { startAttester, type TestWorld, testWorld } from '@waybill/testkit';

const HOUR_MS = 3_600_000;
let shiftMs = 0;
let world: TestWorld;
before(async () => {
  world = await testWorld({ clock: () => new Date(Date.now() + shiftMs) });
});
after(() => world.close());

/** One run with one program, under a contract of its own; `waitMs` pass on the server's clock before the push. */
async function push(name: string, assurance: string, waitMs = 0): Promise<Receipt> {
  await world.owner.applyContract({
    document: `apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: {name: ${name}}\nspec:\n  materials: [{type: ARTIFACT, name: program, output: true}]\n  assurance: ${assurance}\n`,
  });
  await world.owner.createWorkflow({ project: 'p', name, contract: name });
  const attester = await startAttester({
    client: world.owner,
    token: world.ownerToken,
    project: 'p',
    workflow: name,
  });
  const program = await attester.record('program', 'ARTIFACT', utf8(`program ${name}`), true);
  shiftMs += waitMs;
  return world.owner.pushAttestation(attester.run.id, await attester.sign(attester.predicate([program])));
}

const ask = ({ subjects }: Receipt, contract: string) =>
  world.owner.ask({ subject: { digest: subjects[0]?.digest ?? '' }, context: { contract } });

describe('a contract that demands proof', () => {
  it('fails a run whose runner or level nobody has proven', async () => {
    const { result, findings } = await push('proven', '{runner: VERIFIED, slsaLevel: 2}');
    assert.equal(result, 'FAILED');
    assert.deepEqual(
      findings.map(({ step, code }) => `${step} ${code}`),
      ['contract contract_assurance_runner', 'contract contract_assurance_level'],
    );
  });
});

describe('a contract that demands freshness', () => {
  it('fails a run that took too long by the clock of the server', async () => {
    const demand = '{freshness: {run: 1h}}';
    assert.equal((await push('quick', demand)).result, 'PASSED');
    const { result, findings } = await push('slow', demand, HOUR_MS + 1000);
    assert.deepEqual([result, findings.map(({ code }) => code)], ['FAILED', ['contract_assurance_age']]);
  });

  it('closes the gate when the verdict is too old, as the signed verdict says itself', async () => {
    const receipt = await push('kept', '{freshness: {verdict: 2h}}');
    const bundle = parseBundle(await world.owner.downloadVerdict(receipt.runId));
    assert.ok(bundle.content.type === 'dsse');
    const { predicate } = parseStatement(bundle.content.envelope.payload).claimed;
    const until = new Date(Date.parse(receipt.verifiedAt) + 2 * HOUR_MS).toISOString();
    assert.equal((predicate as { waybill_valid_until: string }).waybill_valid_until, until);
    const open = await ask(receipt, 'kept');
    assert.deepEqual([open.outcome, open.validUntil], ['allow', until]);

    shiftMs += 2 * HOUR_MS + 1000;
    const closed = await ask(receipt, 'kept');
    assert.deepEqual(
      [closed.outcome, closed.validUntil, closed.reasons[0]?.code],
      ['deny', null, 'verdict_stale'],
    );
    assert.equal(closed.evidence?.runId, receipt.runId);
  });
});
