-- Trusted pipelines: robot accounts that prove themselves by an identity token of their CI system in place of a secret.
-- Such a row has no hash, so that no text can ever be its token.
alter table identity_tokens alter column hash drop not null;
alter table identity_tokens
  add column trust_issuer   text check (length(trust_issuer) <= 500),
  add column trust_subject  text check (length(trust_subject) <= 500),
  add column trust_audience text check (length(trust_audience) <= 500),
  -- Claim by claim the pattern of its value.
  add column trust_claims   jsonb,
  add check ((hash is null) = (trust_issuer is not null)),
  add check (trust_issuer is null or
    (role = 'robot' and trust_subject is not null and trust_audience is not null and trust_claims is not null));
-- An exchange names organisation, project and workflow.
create index identity_tokens_trusts on identity_tokens (org_id, project, workflow)
  where trust_issuer is not null and revoked_at is null;
