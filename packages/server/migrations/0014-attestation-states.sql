-- The newest runs in a state. The last columns are looked at in the index: an open run and one that ran out of time
-- differ by expires_at, and a project without such runs is told without reading the runs of the others.
create index attestation_runs_by_state
  on attestation_runs (org_id, state, started_at desc, id desc, expires_at, project, workflow);
