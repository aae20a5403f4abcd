-- The TUF repository at /tuf/. Private keys are sealed under the master key, bound to role and public key.
create table trust_tuf_keys (
  role        text primary key check (role in ('root', 'targets', 'snapshot', 'timestamp')),
  -- SubjectPublicKeyInfo.
  public_key  bytea not null unique,
  sealed_key  bytea not null,
  created_at  timestamptz not null
);
select waybill_system_table('trust_tuf_keys');
revoke update, delete on trust_tuf_keys from waybill_system;

-- Signed files as they are served. Every root stays: a client that was away for years walks from its own to the newest.
-- A version is an integer of 32 bits for some clients.
create table trust_tuf_metadata (
  role        text not null check (role in ('root', 'targets', 'snapshot', 'timestamp')),
  version     integer not null check (version > 0),
  bytes       bytea not null,
  signed_at   timestamptz not null,
  expires_at  timestamptz not null,
  primary key (role, version)
);
select waybill_system_table('trust_tuf_metadata');
revoke update on trust_tuf_metadata from waybill_system;

-- What the targets role names, by the hash it names it by.
create table trust_tuf_targets (
  sha256      bytea not null check (length(sha256) = 32),
  name        text not null,
  bytes       bytea not null,
  created_at  timestamptz not null,
  primary key (sha256, name)
);
select waybill_system_table('trust_tuf_targets');
revoke update, delete on trust_tuf_targets from waybill_system;
