-- Audit: the rows of ground_audit as one chain of hashes per organisation, and one for what belongs to none.

-- Where each chain ends, and how far it is anchored in the transparency log.
create table audit_chains (
  org_id uuid,
  sequence bigint not null default 0,
  hash bytea check (length(hash) = 32),
  anchored bigint not null default 0,
  unique nulls not distinct (org_id),
  check ((hash is null) = (sequence = 0))
);
alter table audit_chains enable row level security;
alter table audit_chains force row level security;
create policy tenant_read on audit_chains for select to waybill_app
  using (org_id = current_setting('waybill.org')::uuid);
create policy system on audit_chains to waybill_system using (true) with check (true);
grant select on audit_chains to waybill_app;
grant select, insert, update on audit_chains to waybill_system;

-- Append only for both roles.
create table audit_links (
  org_id uuid,
  sequence bigint not null check (sequence > 0),
  audit_id bigint not null unique,
  hash bytea not null check (length(hash) = 32),
  unique nulls not distinct (org_id, sequence)
);
alter table audit_links enable row level security;
alter table audit_links force row level security;
create policy tenant_read on audit_links for select to waybill_app
  using (org_id = current_setting('waybill.org')::uuid);
create policy system on audit_links to waybill_system using (true) with check (true);
grant select on audit_links to waybill_app;
grant select, insert on audit_links to waybill_system;

-- The head of a chain at a moment, signed by the server, with its log entry. Append only for both roles.
create table audit_anchors (
  org_id uuid,
  sequence bigint not null,
  log_index bigint not null,
  bundle text not null,
  anchored_at timestamptz not null,
  unique nulls not distinct (org_id, sequence)
);
alter table audit_anchors enable row level security;
alter table audit_anchors force row level security;
create policy tenant_read on audit_anchors for select to waybill_app
  using (org_id = current_setting('waybill.org')::uuid);
create policy system on audit_anchors to waybill_system using (true) with check (true);
grant select on audit_anchors to waybill_app;
grant select, insert on audit_anchors to waybill_system;
