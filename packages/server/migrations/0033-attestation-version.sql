-- Version of the project that a run is of; null: none was named.
alter table attestation_runs add column version text;
