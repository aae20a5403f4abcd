-- Every answer a gate gave, with what it rested on. Append only.
create table gate_decisions (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  subject_digest text not null,
  outcome text not null check (outcome in ('allow', 'deny', 'error')),
  -- The decision as answered (api `Decision`).
  decision jsonb not null,
  asked_by uuid not null,
  decided_at timestamptz not null
);
create index gate_decisions_newest on gate_decisions (org_id, decided_at desc, id desc);
select waybill_tenant_table('gate_decisions');
revoke update, delete on gate_decisions from waybill_app;
