-- The newest runs of one project, however many others have run since.
create index attestation_runs_by_project on attestation_runs (org_id, project, started_at desc, id desc);
