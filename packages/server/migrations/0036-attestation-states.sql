-- What a client keeps here of an attestation that several machines collect: sealed by the client, unread by the server.
-- It goes with the end of its run. `revision` is what a writer must have read.
create table attestation_states (
  run_id uuid primary key references attestation_runs (id),
  org_id uuid not null,
  revision integer not null check (revision > 0),
  sealed bytea not null,
  updated_at timestamptz not null
);
select waybill_tenant_table('attestation_states');
