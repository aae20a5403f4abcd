-- Null: in force from the moment it was applied. One that waits for its time is void once a newer one is applied.
alter table contract_revisions add column activates_at timestamptz check (activates_at > created_at);

-- A deleted contract leaves its lists; its revisions stay, as runs and verdicts name them for ever.
alter table contract_contracts add column archived_at timestamptz;
