/** A history as a large organisation has it after two years: written past the API, as 10⁶ pushes would take hours. */
import type { PostgresServer } from '@waybill/server/ground';
import { rowsOf } from '@waybill/testkit';

const RUNS = 1_000_000;
const AUDIT_ROWS = 500_000;

/** Another tenant's rows lie between those of the first. */
const OTHER = `insert into identity_organizations (name, created_at) values ('other', now()) returning org_id`;

/**
 * 60 projects of 8 workflows, few of them busy, one given up a year ago. A run every minute, of which the newest are
 * still open; 2 % ran out of time, 7.5 % failed, 0.5 % were cancelled.
 */
const RUN_ROWS = `
  insert into attestation_runs (org_id, project, workflow, contract_name, contract_revision, contract_digest, runner,
    started_by, state, started_at, expires_at, finished_at)
  select case when s.other < 0.1 then $2::uuid else $1::uuid end,
    case when s.i > ${RUNS / 2} and s.old < 0.06 then 'archive' else 'project-' || floor(60 * power(s.project, 2.5)) end,
    'workflow-' || floor(8 * power(s.workflow, 2)), 'contract-' || floor(200 * s.contract), 1,
    'sha256:' || encode(sha256(s.i::text::bytea), 'hex'), 'GITHUB_ACTION', $3::uuid, s.state, s.at,
    s.at + interval '24 hours', case when s.state = 'INITIALIZED' then null else s.at + interval '7 minutes' end
  from (
    select i, random() other, random() old, random() project, random() workflow, random() contract,
      date_trunc('milliseconds', now() - i * interval '63 seconds') at,
      case when i < 200 and random() < 0.5 then 'INITIALIZED'
        else (array['PASSED', 'FAILED', 'CANCELLED', 'INITIALIZED'])[1 + width_bucket(random(), array[0.9, 0.975, 0.98])]
      end state
    from generate_series(1, ${RUNS}) i) s`;

/** Receipts of the newest runs, as `accept()` wrote the one that is given. */
const RECEIPT_ROWS = `
  insert into attestation_attestations
    (run_id, org_id, payload_digest, bundle_digest, vsa_bundle_digest, result, receipt, created_at)
  select r.id, r.org_id, a.payload_digest, a.bundle_digest, a.vsa_bundle_digest, r.state,
    jsonb_set(a.receipt, '{runId}', to_jsonb(r.id)), r.finished_at
  from (select * from attestation_runs where state in ('PASSED', 'FAILED') order by started_at desc limit 20000) r
  cross join (select * from attestation_attestations limit 1) a
  on conflict do nothing`;

const CONTRACT_ROWS = `
  insert into contract_contracts (org_id, name, latest_revision, created_at)
  select $1, 'contract-' || n, 5, now() from generate_series(0, 199) n`;

const REVISION_ROWS = `
  insert into contract_revisions (org_id, contract_id, revision, digest, document, contract, created_at, created_by)
  select c.org_id, c.id, n, r.digest, r.document, r.contract, now(), 'seed'
  from contract_contracts c cross join generate_series(1, 5) n cross join (select * from contract_revisions limit 1) r
  where c.name like 'contract-%'`;

const PROJECT_ROWS = `
  insert into contract_projects (org_id, name, created_at)
  select $1, 'project-' || n, now() from generate_series(0, 59) n`;

const WORKFLOW_ROWS = `
  insert into contract_workflows (org_id, project_id, name, contract_id, description, team, created_at, created_by)
  select p.org_id, p.id, 'workflow-' || n, c.id, '', '', now(), 'seed'
  from contract_projects p cross join generate_series(0, 7) n
  join contract_contracts c on c.name = 'contract-' || (hashtext(p.name || n) & 127)
  where p.name like 'project-%'`;

const AUDIT = `
  with written as (
    insert into ground_audit (org_id, actor, action, target, outcome, detail, request_id, at)
    select $1, case when i % 50000 = 0 then 'token:rare' else 'token:ci-' || i % 40 end,
      case when i % 20000 = 0 then 'identity.revoke-token' when i % 2 = 0 then 'attestation.start-run'
        else 'attestation.accept' end,
      'run:' || gen_random_uuid(), case when i % 3000 = 0 then 'refused' else 'ok' end,
      '{"project": "project-1", "workflow": "workflow-2", "contract": "contract-3", "revision": 1}', 'req-' || i,
      now() - (${AUDIT_ROWS} - i) * interval '63 seconds'
    from generate_series(1, ${AUDIT_ROWS}) i returning id)
  insert into audit_links (org_id, sequence, audit_id, hash)
  select $1, 1000000 + row_number() over (order by id), id, sha256(id::text::bytea) from written`;

/** So that no follower chains what is linked already. */
const FOLLOWED = `
  update ground_followers set (xid, id) = (select xid, id from ground_audit order by xid desc, id desc limit 1)
  where feed = 'audit'`;

/** The server MUST be down: it would follow the rows that appear here. */
export async function seed({ connection }: Pick<PostgresServer, 'connection'>): Promise<void> {
  const rows = (text: string, values?: readonly unknown[]) =>
    rowsOf<{ id: string }>(connection, text, values);
  const [own] = await rows(`select org_id as id from identity_organizations`);
  const [token] = await rows('select id from identity_tokens');
  const [other] = await rowsOf<{ org_id: string }>(connection, OTHER);
  await rows(RUN_ROWS, [own?.id, other?.org_id, token?.id]);
  await rows(RECEIPT_ROWS);
  await rows(CONTRACT_ROWS, [own?.id]);
  await rows(REVISION_ROWS);
  await rows(PROJECT_ROWS, [own?.id]);
  await rows(WORKFLOW_ROWS);
  await rows(AUDIT, [own?.id]);
  await rows(FOLLOWED);
  await rows('vacuum (analyze)');
}
