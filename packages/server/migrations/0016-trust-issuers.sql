-- Issuers whose tokens an organisation lets sign under names of this server's certificate authority. What a token
-- names is decided by all columns but the first and the last two; organisations that list the same issuer agree in
-- them, which the use case holds under a lock.
create table trust_issuers (
  org_id         uuid not null references identity_organizations,
  issuer_url     text not null check (length(issuer_url) <= 500),
  kind           text not null,
  subject_domain text not null,
  trust_domain   text not null,
  created_at     timestamptz not null,
  created_by     text not null,
  primary key (org_id, issuer_url)
);
-- A token says its issuer and no organisation.
create index trust_issuers_by_url on trust_issuers (issuer_url);
select waybill_tenant_table('trust_issuers');
