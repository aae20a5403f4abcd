-- A deleted workflow that has runs leaves the lists; its name stays taken by it, as its runs bear that name.
alter table contract_workflows add column archived_at timestamptz;
