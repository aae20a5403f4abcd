-- How a registered key ends. A successor keeps the name, so several rows may have one: at most one of them is live.
-- `valid_until`: rotated, both count until then. `revoked_at`: only what somebody vouches was signed before counts;
-- of a compromised key not even that, from `compromised_since` on (null: ever since it was made).
alter table identity_keys
  add column reference         text,
  add column valid_until       timestamptz,
  add column revoked_at        timestamptz,
  add column revocation        text check (revocation in ('retired', 'compromised')),
  add column compromised_since timestamptz,
  add constraint identity_keys_end_check check ((revoked_at is null) = (revocation is null)),
  add constraint identity_keys_since_check
    check (compromised_since is null or revocation = 'compromised');

alter table identity_keys drop constraint identity_keys_org_id_name_key;
create unique index identity_keys_live_name on identity_keys (org_id, name)
  where valid_until is null and revoked_at is null;
create unique index identity_keys_live_reference on identity_keys (org_id, reference)
  where reference is not null and valid_until is null and revoked_at is null;
