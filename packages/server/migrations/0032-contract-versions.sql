-- Versions of a project, made by the first run that bears one.
create table contract_project_versions (
  id          uuid primary key default gen_random_uuid(),
  org_id      uuid not null,
  project_id  uuid not null,
  name        text not null check (name ~ '^[A-Za-z0-9][-A-Za-z0-9._+]*$' and length(name) <= 128),
  created_at  timestamptz not null,
  created_by  text not null,
  -- Set once, and never taken back.
  released_at timestamptz,
  unique (project_id, name),
  foreign key (org_id, project_id) references contract_projects (org_id, id)
);
create index contract_project_versions_newest on contract_project_versions (project_id, created_at desc, id desc);
select waybill_tenant_table('contract_project_versions');
