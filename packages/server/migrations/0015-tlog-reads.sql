-- What readers of the logs ask for.

-- RFC 6962 shows a precertificate with its signature; the leaf holds all the rest of it.
alter table tlog_entries add column precertificate_signature bytea;

-- Each fact alone, newest first, however many entries share it.
drop index tlog_entries_signer;
drop index tlog_entries_certificate;
create index tlog_entries_signer on tlog_entries (signer, log_index) where signer is not null;
create index tlog_entries_issuer on tlog_entries (issuer, log_index) where issuer is not null;
create index tlog_entries_certificate on tlog_entries (certificate_fingerprint, log_index)
  where certificate_fingerprint is not null;
