-- Authorities of the trust services. Public parts are plain; private keys are sealed under the master key,
-- bound to all that stands beside them, so that a row put or changed here without that key stops the start
-- instead of becoming trusted.
create table trust_authorities (
  id              uuid primary key default gen_random_uuid(),
  kind            text not null check (kind in ('certificate-authority', 'timestamp-authority')),
  -- DER, from the certificate that signs up to and including the root.
  chain           bytea[] not null check (cardinality(chain) >= 2),
  -- SubjectPublicKeyInfo of the key that signs.
  public_key      bytea not null unique,
  sealed_key      bytea not null,
  -- Of the root, from which the next signing certificate is made.
  sealed_root_key bytea not null,
  valid_from      timestamptz not null,
  valid_until     timestamptz not null,
  created_at      timestamptz not null
);
select waybill_system_table('trust_authorities');
-- What was ever published stays: old signatures are verified by it.
revoke update, delete on trust_authorities from waybill_system;
