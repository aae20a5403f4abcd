-- Transparency logs: what each one has signed, and an index over its entries. Tiles and entries lie in the blob store.

-- A row's checkpoint is the newest one the log has signed: it stands here before anybody sees it. A log whose
-- published checkpoint is ahead of its row was restored from an old backup and must not sign.
create table tlog_logs (
  origin       text primary key check (origin ~ '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$' and length(origin) <= 253),
  kind         text not null check (kind in ('rekor', 'ct')),
  sealed_keys  bytea not null,
  size         bigint not null check (size >= 0),
  root_hash    bytea not null check (length(root_hash) = 32),
  checkpoint   text not null,
  created_at   timestamptz not null,
  frozen_at    timestamptz
);
-- One log of a kind takes entries; its predecessors stay, frozen.
create unique index tlog_logs_active on tlog_logs (kind) where frozen_at is null;
select waybill_system_table('tlog_logs');

create table tlog_entries (
  origin                  text not null references tlog_logs,
  log_index               bigint not null check (log_index >= 0),
  leaf_hash               bytea not null check (length(leaf_hash) = 32),
  integrated_at           timestamptz not null,
  artifact_digest         text,
  signer                  text,
  issuer                  text,
  certificate_fingerprint text,
  primary key (origin, log_index),
  unique (origin, leaf_hash)
);
create index tlog_entries_artifact on tlog_entries (artifact_digest, log_index) where artifact_digest is not null;
create index tlog_entries_signer on tlog_entries (signer, issuer, log_index) where signer is not null;
create index tlog_entries_certificate on tlog_entries (certificate_fingerprint) where certificate_fingerprint is not null;
select waybill_system_table('tlog_entries');
