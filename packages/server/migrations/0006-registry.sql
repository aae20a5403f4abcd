-- Repositories of the OCI registry. Blob bytes lie in the store; who may see which of them stands here.
create table registry_repositories (
  org_id     uuid not null,
  name       text not null,
  created_at timestamptz not null,
  primary key (org_id, name)
);
select waybill_tenant_table('registry_repositories');

-- A blob is visible in a repository only after it was pushed to it or mounted with permission.
create table registry_blobs (
  org_id     uuid not null,
  repository text not null,
  digest     text not null,
  size_bytes bigint not null check (size_bytes >= 0),
  created_at timestamptz not null,
  primary key (org_id, repository, digest),
  foreign key (org_id, repository) references registry_repositories (org_id, name)
);
select waybill_tenant_table('registry_blobs');

-- The exact bytes of a manifest (4 MiB at most) share the transaction of its tags and edges.
create table registry_manifests (
  org_id         uuid not null,
  repository     text not null,
  digest         text not null,
  media_type     text not null,
  artifact_type  text,
  subject_digest text,
  annotations    jsonb not null,
  size_bytes     integer not null,
  bytes          bytea not null,
  -- Evidence that the server itself put here: not deleted or retagged over HTTP.
  pinned         boolean not null,
  created_at     timestamptz not null,
  primary key (org_id, repository, digest),
  foreign key (org_id, repository) references registry_repositories (org_id, name)
);
-- Layers are mostly compressed already; a manifest is small text that pages as it is.
alter table registry_manifests alter column bytes set storage external;
create index registry_manifests_by_subject
  on registry_manifests (org_id, repository, subject_digest, digest collate "C") where subject_digest is not null;
select waybill_tenant_table('registry_manifests');

-- What a manifest is made of: blobs, or other manifests when it is an index.
create table registry_references (
  org_id     uuid not null,
  repository text not null,
  manifest   text not null,
  digest     text not null,
  primary key (org_id, repository, manifest, digest),
  foreign key (org_id, repository, manifest) references registry_manifests (org_id, repository, digest) on delete cascade
);
create index registry_references_by_digest on registry_references (org_id, repository, digest);
select waybill_tenant_table('registry_references');

create table registry_tags (
  org_id     uuid not null,
  repository text not null,
  tag        text collate "C" not null,
  digest     text not null,
  updated_at timestamptz not null,
  primary key (org_id, repository, tag),
  foreign key (org_id, repository, digest) references registry_manifests (org_id, repository, digest) on delete cascade
);
create index registry_tags_by_digest on registry_tags (org_id, repository, digest);
select waybill_tenant_table('registry_tags');

-- Open upload sessions; the bytes received so far are a part file of the blob driver.
create table registry_uploads (
  id         uuid primary key,
  org_id     uuid not null,
  repository text not null,
  token_id   uuid not null,
  expires_at timestamptz not null
);
create index registry_uploads_by_expiry on registry_uploads (expires_at);
select waybill_tenant_table('registry_uploads');
