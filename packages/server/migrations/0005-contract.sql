-- Contracts with their revisions, projects and workflows. References carry org_id, as foreign keys look past
-- row-level security: a row can only point at a row of its own organisation.

create table contract_contracts (
  id              uuid primary key default gen_random_uuid(),
  org_id          uuid not null,
  name            text not null check (name ~ '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' and length(name) <= 63),
  -- 0 only inside the transaction that creates the contract and its first revision.
  latest_revision integer not null default 0,
  created_at      timestamptz not null,
  unique (org_id, name),
  unique (org_id, id)
);
select waybill_tenant_table('contract_contracts');

-- A run names a revision by number and digest for ever: rows are added, never changed or removed.
create table contract_revisions (
  org_id      uuid not null,
  contract_id uuid not null,
  revision    integer not null check (revision >= 1),
  -- SHA-256 of `document`.
  digest      text not null,
  -- As written, byte for byte.
  document    text not null,
  contract    jsonb not null,
  created_at  timestamptz not null,
  created_by  text not null,
  primary key (contract_id, revision),
  foreign key (org_id, contract_id) references contract_contracts (org_id, id)
);
select waybill_tenant_table('contract_revisions');
revoke update, delete on contract_revisions from waybill_app, waybill_system;

create table contract_projects (
  id         uuid primary key default gen_random_uuid(),
  org_id     uuid not null,
  name       text not null check (name ~ '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' and length(name) <= 63),
  created_at timestamptz not null,
  unique (org_id, name),
  unique (org_id, id)
);
select waybill_tenant_table('contract_projects');

create table contract_workflows (
  id              uuid primary key default gen_random_uuid(),
  org_id          uuid not null,
  project_id      uuid not null,
  name            text not null check (name ~ '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' and length(name) <= 63),
  contract_id     uuid not null,
  -- Null: each run takes the newest.
  pinned_revision integer,
  description     text not null,
  team            text not null,
  created_at      timestamptz not null,
  created_by      text not null,
  unique (project_id, name),
  foreign key (org_id, project_id) references contract_projects (org_id, id),
  foreign key (org_id, contract_id) references contract_contracts (org_id, id),
  foreign key (contract_id, pinned_revision) references contract_revisions (contract_id, revision)
);
create index contract_workflows_by_contract on contract_workflows (contract_id);
select waybill_tenant_table('contract_workflows');
