-- What a trusted pipeline's CI system is, where the address of the issuer does not say so.
alter table identity_tokens add column trust_ci text
  check (trust_ci in ('github', 'gitlab', 'circleci', 'buildkite', 'jenkins', 'azure', 'kubernetes'));
alter table identity_tokens add check (trust_ci is null or trust_issuer is not null);
-- What was verified of the job that an access token was given to; the token names its row and carries nothing of it.
create table identity_sessions (
  id         uuid primary key,
  org_id     uuid not null,
  token_id   uuid not null references identity_tokens (id),
  build      jsonb not null,
  expires_at timestamptz not null
);
create index identity_sessions_ended on identity_sessions (org_id, expires_at);
select waybill_tenant_table('identity_sessions');
