-- Robot accounts: tokens that push the runs of one workflow and do nothing else. Several of a workflow have names of
-- their own; one that was rotated keeps its name and leaves it to its successor.
alter table identity_tokens drop constraint identity_tokens_role_check;
alter table identity_tokens add constraint identity_tokens_role_check
  check (role in ('owner', 'admin', 'member', 'viewer', 'robot'));
alter table identity_tokens add constraint identity_tokens_robot_check
  check (role <> 'robot' or workflow is not null);
alter table identity_tokens add column replaced_at timestamptz;

drop index identity_tokens_live_name;
create unique index identity_tokens_live_name on identity_tokens (org_id, name)
  where revoked_at is null and role <> 'robot';
create unique index identity_tokens_live_robot on identity_tokens (org_id, project, workflow, name)
  where revoked_at is null and replaced_at is null and role = 'robot';
