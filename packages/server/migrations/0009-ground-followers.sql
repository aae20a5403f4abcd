-- Followers: where each one stands in its feed, and the events that it could not take.

-- A follower that is given up for good loses its row by a migration: until then it keeps the outbox from being pruned.
create table ground_followers (
  name text primary key,
  feed text not null check (feed in ('outbox', 'audit')),
  -- The last event that was delivered or given up.
  xid xid8 not null default '0',
  id bigint not null default 0
);
select waybill_system_table('ground_followers');

-- An event that is tried again at retry_at, holding up what comes after it; or, once dead_at is set, a dead letter,
-- which others have overtaken and which is tried again when somebody sets retry_at.
create table ground_failures (
  id uuid primary key default gen_random_uuid(),
  follower text not null references ground_followers,
  event_id bigint not null,
  -- Of the event: null for what belongs to no organisation.
  org_id uuid,
  type text not null,
  attempts integer not null,
  code text not null,
  message text not null,
  first_failed_at timestamptz not null,
  last_failed_at timestamptz not null,
  retry_at timestamptz,
  dead_at timestamptz,
  unique (follower, event_id),
  check (retry_at is not null or dead_at is not null)
);
create index ground_failures_org on ground_failures (org_id, last_failed_at desc, id);
alter table ground_failures enable row level security;
alter table ground_failures force row level security;
create policy tenant_read on ground_failures for select to waybill_app
  using (org_id = current_setting('waybill.org')::uuid);
create policy tenant_retry on ground_failures for update to waybill_app
  using (org_id = current_setting('waybill.org')::uuid);
create policy system on ground_failures to waybill_system using (true) with check (true);
grant select, update (retry_at) on ground_failures to waybill_app;
grant select, insert, update, delete on ground_failures to waybill_system;

-- After a logical restore the stamps come from another cluster, where the counter stood higher. The stamp says when
-- a row may be read, nothing about what it tells: no other column can be changed.
grant update (xid) on ground_audit to waybill_system;
