-- Runs and what accept() made of them. Tenant tables: row-level security from the first row.
create table attestation_runs (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  project text not null,
  workflow text not null,
  contract_name text not null,
  contract_revision integer not null,
  contract_digest text not null,
  runner text not null default '',
  -- Token that started the run.
  started_by uuid not null,
  state text not null default 'INITIALIZED'
    check (state in ('INITIALIZED', 'PASSED', 'FAILED', 'CANCELLED')),
  started_at timestamptz not null,
  expires_at timestamptz not null,
  finished_at timestamptz,
  check ((state = 'INITIALIZED') = (finished_at is null))
);
create index attestation_runs_newest on attestation_runs (org_id, started_at desc, id desc);
create index attestation_runs_by_workflow on attestation_runs (org_id, project, workflow, started_at desc, id desc);
select waybill_tenant_table('attestation_runs');

-- One per run: the primary key is what makes a second push of a run impossible.
create table attestation_attestations (
  run_id uuid primary key references attestation_runs (id),
  org_id uuid not null,
  payload_digest text not null,
  bundle_digest text not null,
  vsa_bundle_digest text not null,
  result text not null check (result in ('PASSED', 'FAILED')),
  -- The receipt as answered; a retry reads it from here.
  receipt jsonb not null,
  created_at timestamptz not null
);
select waybill_tenant_table('attestation_attestations');

-- An index over the VSAs in the store; the gate verifies the VSA itself before it believes a row.
create table attestation_verdicts (
  run_id uuid not null references attestation_attestations (run_id),
  org_id uuid not null,
  subject_digest text not null,
  contract_name text not null,
  contract_revision integer not null,
  result text not null check (result in ('PASSED', 'FAILED')),
  vsa_bundle_digest text not null,
  vsa_log_index bigint not null,
  verified_at timestamptz not null,
  primary key (run_id, subject_digest)
);
create index attestation_verdicts_by_subject
  on attestation_verdicts (org_id, subject_digest, contract_name, verified_at desc);
select waybill_tenant_table('attestation_verdicts');
