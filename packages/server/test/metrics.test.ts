/** The figures of a whole server, through its own socket. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Secret } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { startAttester, stringMaterial, type TestWorld, testWorld } from '@waybill/testkit';

const TOKEN = new Secret('a-token-for-prometheus');
const CONTRACT = `apiVersion: chainloop.dev/v1
kind: Contract
metadata: { name: plain }
spec:
  materials: [{ type: ARTIFACT, name: program, output: true }]
`;

let world: TestWorld;
before(async () => {
  world = await testWorld({ metricsToken: TOKEN });
  await world.owner.applyContract({ document: CONTRACT });
  await world.owner.createWorkflow({ project: 'p', name: 'plain', contract: 'plain' });
});
after(() => world.close());

const scrape = async (): Promise<string> => (await fetch(`${world.url}/metrics`)).text();

/** The value of one series; 0 when it is not there. */
function valueOf(text: string, series: string): number {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}

async function attest(): Promise<{ readonly digest: string }> {
  const attester = await startAttester({
    client: world.owner,
    token: world.ownerToken,
    project: 'p',
    workflow: 'plain',
  });
  const material = await attester.record('program', 'ARTIFACT', utf8(attester.run.id), true);
  const bundle = await attester.sign(attester.predicate([material]));
  await world.owner.pushAttestation(attester.run.id, bundle);
  // A retry is answered from the row, and is no second attestation.
  await world.owner.pushAttestation(attester.run.id, bundle);
  const other = await startAttester({
    client: world.owner,
    token: world.ownerToken,
    project: 'p',
    workflow: 'plain',
  });
  await assert.rejects(world.owner.pushAttestation(other.run.id, bundle));
  await assert.rejects(world.owner.pushAttestation(other.run.id, '{}'));
  const failing = await other.sign(other.predicate([stringMaterial('remark', 'no program')]));
  await world.owner.pushAttestation(other.run.id, failing);
  return material;
}

describe('/metrics of a server', () => {
  it('shows how far each follower is behind', async () => {
    await world.rows(`insert into ground_followers (name, feed) values ('probe', 'outbox')`);
    await world.rows(
      `insert into ground_outbox (org_id, type, data, created_at)
       select gen_random_uuid(), 'probe.happened', '{}', now() - interval '1 hour' from generate_series(1, 3)`,
    );
    const text = await scrape();
    assert.ok(valueOf(text, 'waybill_follower_lag_events{follower="probe"}') >= 3);
    assert.ok(valueOf(text, 'waybill_follower_lag_seconds{follower="probe"}') >= 3600);
    assert.match(text, /^waybill_follower_dead_letters\{follower="probe"\} 0$/m);
  });

  it('counts what the product does', async () => {
    const { digest } = await attest();
    const context = { contract: 'plain' };
    await world.owner.ask({ subject: { digest }, context });
    await world.owner.ask({ subject: { digest: `sha256:${'0'.repeat(64)}` }, context });
    const text = await scrape();
    const values = {
      'waybill_attestations_total{result="PASSED"}': 1,
      'waybill_attestations_total{result="FAILED"}': 1,
      'waybill_attestation_refusals_total{step="parse"}': 1,
      'waybill_attestation_refusals_total{step="bind"}': 1,
      'waybill_attestation_refusals_total{step="signer"}': 0,
      'waybill_gate_decisions_total{outcome="allow"}': 1,
      'waybill_gate_decisions_total{outcome="deny"}': 1,
      'waybill_gate_decisions_total{outcome="error"}': 0,
      'waybill_certificates_issued_total{holder="client"}': 2,
      'waybill_certificates_issued_total{holder="server"}': 1,
      'waybill_timestamps_issued_total{holder="client"}': 2,
      'waybill_timestamps_issued_total{holder="server"}': 3,
      'waybill_jobs_started_total{name="expire-uploads"}': 0,
      'waybill_tlog_leader{log="rekor"}': 1,
      'waybill_tlog_waiting_entries{log="ct"}': 0,
      'waybill_tlog_failed_batches_total{log="rekor"}': 0,
      waybill_http_requests_in_flight: 1,
    };
    for (const [series, value] of Object.entries(values)) assert.equal(valueOf(text, series), value, series);
    // Two attestations, two verdicts, the provenance of what PASSED; its first entry and three certificates.
    assert.equal(valueOf(text, 'waybill_tlog_entries{log="rekor"}'), 6);
    assert.equal(valueOf(text, 'waybill_tlog_entries{log="ct"}'), 4);
    assert.equal(valueOf(text, 'waybill_tlog_wait_seconds_count{log="rekor"}'), 6);
    assert.ok(valueOf(text, 'waybill_tlog_batch_entries_count{log="rekor"}') >= 3);
    const ageS = valueOf(text, 'waybill_tlog_checkpoint_age_seconds{log="ct"}');
    assert.ok(ageS >= 0 && ageS < 600, String(ageS));
    assert.ok(valueOf(text, 'waybill_outbox_oldest_age_seconds') > 0);
    assert.ok(valueOf(text, 'waybill_database_pool_connections{state="total"}') >= 1);
  });

  it('shows neither ids nor names of what a tenant has', async () => {
    await world.owner.listRuns({ project: 'p', workflow: 'plain' });
    const text = await scrape();
    assert.match(text, /route="\/v2\/<name>\/blobs\/uploads\/<reference>"/);
    assert.match(text, /route="\/waybill\/v1\/runs\/:id\/attestation"/);
    assert.doesNotMatch(text, /[0-9a-f]{8}-[0-9a-f]{4}|sha256:|plain|wb_/);
  });

  it('takes the metrics token and no API token from elsewhere', async () => {
    const ask = async (token: Secret<string>) =>
      (
        await fetch(`${world.url}/metrics`, {
          headers: { authorization: `Bearer ${token.reveal()}`, 'x-forwarded-for': '203.0.113.9' },
        })
      ).status;
    assert.equal(await ask(TOKEN), 200);
    assert.equal(await ask(world.ownerToken), 401);
  });
});
