-- What the server itself verified of the job that started a run, by its CI system's own token; null: nothing.
alter table attestation_runs add column build_claims jsonb;
