-- Organisations, API tokens, registered public keys, the built-in OIDC issuer.

-- The primary key is called org_id so that an organisation is a tenant's row like any other: it sees itself only.
create table identity_organizations (
  org_id     uuid primary key default gen_random_uuid(),
  name       text not null unique check (name ~ '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' and length(name) <= 63),
  created_at timestamptz not null
);
select waybill_tenant_table('identity_organizations');

-- Only the SHA-256 of a token is stored: who reads this table cannot act as anybody.
create table identity_tokens (
  id           uuid primary key default gen_random_uuid(),
  org_id       uuid not null references identity_organizations,
  name         text not null,
  hash         bytea not null unique check (length(hash) = 32),
  role         text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  project      text,
  workflow     text,
  created_at   timestamptz not null,
  created_by   text not null,
  expires_at   timestamptz,
  revoked_at   timestamptz,
  last_used_at timestamptz,
  check (workflow is null or project is not null)
);
create unique index identity_tokens_live_name on identity_tokens (org_id, name) where revoked_at is null;
select waybill_tenant_table('identity_tokens');

create table identity_keys (
  id          uuid primary key default gen_random_uuid(),
  org_id      uuid not null references identity_organizations,
  name        text not null,
  public_key  text not null,
  fingerprint text not null,
  algorithm   text not null,
  created_at  timestamptz not null,
  created_by  text not null,
  unique (org_id, name),
  unique (org_id, fingerprint)
);
select waybill_tenant_table('identity_keys');

-- Private keys of the built-in issuer, sealed under the master key with the kid as associated data.
create table identity_signing_keys (
  kid         text primary key,
  public_key  bytea not null,
  sealed      bytea not null,
  created_at  timestamptz not null
);
select waybill_system_table('identity_signing_keys');

-- The issuer URLs that this installation has used; the one adopted last is current.
create table identity_issuers (
  issuer     text primary key,
  adopted_at timestamptz not null
);
select waybill_system_table('identity_issuers');
