-- Ground: the two roles' reach, the outbox, the audit trail, the check value of the master key.
--
-- The roles waybill_app and waybill_system belong to the whole cluster and are made by the migration runner
-- before this file. A request runs as waybill_app with waybill.org set and sees that organisation only;
-- followers run as waybill_system. Neither owns a table.

grant usage on schema public to waybill_app, waybill_system;

-- Rights on the sequences behind serial columns; identity columns need none.
create function waybill_grant_sequences(table_name regclass, grantees text) returns void
language plpgsql as $$
declare sequence_name regclass;
begin
  for sequence_name in
    select objid::regclass from pg_depend
    where refobjid = table_name and classid = 'pg_class'::regclass and deptype = 'a'
      and objid in (select oid from pg_class where relkind = 'S')
  loop
    execute format('grant usage, select on sequence %s to %s', sequence_name, grantees);
  end loop;
end $$;

-- A table of tenants: it MUST have org_id uuid not null. Without waybill.org every statement fails, it does
-- not see nothing: a forgotten setting is a mistake, not an empty list.
create function waybill_tenant_table(table_name regclass) returns void
language plpgsql as $$
begin
  if not exists (
    select 1 from pg_attribute
    where attrelid = table_name and attname = 'org_id' and attnotnull and atttypid = 'uuid'::regtype
  ) then
    raise exception 'waybill_tenant_table(%): the table needs a column org_id uuid not null', table_name;
  end if;
  execute format('alter table %s enable row level security', table_name);
  execute format('alter table %s force row level security', table_name);
  execute format(
    'create policy tenant on %s to waybill_app using (org_id = current_setting(''waybill.org'')::uuid)
     with check (org_id = current_setting(''waybill.org'')::uuid)', table_name);
  execute format('create policy system on %s to waybill_system using (true) with check (true)', table_name);
  execute format('grant select, insert, update, delete on %s to waybill_app, waybill_system', table_name);
  perform waybill_grant_sequences(table_name, 'waybill_app, waybill_system');
end $$;

-- A table that belongs to no organisation: waybill_app cannot touch it.
create function waybill_system_table(table_name regclass) returns void
language plpgsql as $$
begin
  execute format('grant select, insert, update, delete on %s to waybill_system', table_name);
  perform waybill_grant_sequences(table_name, 'waybill_system');
end $$;

revoke execute on function waybill_grant_sequences(regclass, text) from public;
revoke execute on function waybill_tenant_table(regclass) from public;
revoke execute on function waybill_system_table(regclass) from public;

-- Followers read in the order (xid, id), bounded by xid < pg_snapshot_xmin(pg_current_snapshot()):
-- an order by id alone loses the row of a transaction that commits late.
create table ground_outbox (
  id bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  org_id uuid not null,
  type text not null,
  data jsonb not null,
  created_at timestamptz not null default now()
);
create index ground_outbox_order on ground_outbox (xid, id);
alter table ground_outbox enable row level security;
alter table ground_outbox force row level security;
create policy tenant on ground_outbox for insert to waybill_app
  with check (org_id = current_setting('waybill.org')::uuid);
create policy system on ground_outbox to waybill_system using (true) with check (true);
grant insert on ground_outbox to waybill_app;
grant select, insert, update, delete on ground_outbox to waybill_system;

-- Append-only for both roles. A row without organisation tells of something before or beside any of them,
-- such as a request that nobody could be found for.
create table ground_audit (
  id bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default clock_timestamp(),
  org_id uuid,
  actor text not null,
  action text not null,
  target text not null,
  outcome text not null check (outcome in ('ok', 'refused', 'failed')),
  detail jsonb,
  request_id text
);
create index ground_audit_org on ground_audit (org_id, id);
create index ground_audit_order on ground_audit (xid, id);
alter table ground_audit enable row level security;
alter table ground_audit force row level security;
create policy tenant_read on ground_audit for select to waybill_app
  using (org_id = current_setting('waybill.org')::uuid);
create policy tenant_write on ground_audit for insert to waybill_app
  with check (org_id = current_setting('waybill.org')::uuid);
create policy system on ground_audit to waybill_system using (true) with check (true);
grant select, insert on ground_audit to waybill_app, waybill_system;

-- One row: a known text sealed under the master key, so that a wrong or lost key is noticed at the start.
create table ground_seal (
  id boolean primary key default true check (id),
  check_value bytea not null,
  created_at timestamptz not null default now()
);
grant select, insert on ground_seal to waybill_system;
