import type { CliCode } from '../../packages/cli/src/exit.ts';
import type { KeyCode } from '../../packages/clients/src/keys/errors.ts';
import type { OciClientCode } from '../../packages/clients/src/oci/errors.ts';
import type { OidcCode } from '../../packages/clients/src/oidc/errors.ts';
import type { SigstoreCode } from '../../packages/clients/src/sigstore/post.ts';
import type { START_CODES } from '../../packages/server/src/ground/problems/problems.ts';

// The types make each of these lists whole: a new code without a meaning does not compile.

export const START_MEANINGS: Readonly<Record<(typeof START_CODES)[number], string>> = {
  backup_exists: 'the directory for the backup exists already',
  backup_file: 'a file of the backup cannot be written',
  backup_invalid: 'the backup is not complete, or a file of it is damaged',
  backup_newer: 'the backup was made by a version that knows more',
  backup_no_source: 'there is no server data in the directory',
  backup_not_authentic: 'the backup is not of this master key, or was changed',
  backup_server_runs: 'a move needs every server of the data stopped',
  config_invalid: 'an option or variable has a value that cannot be used (exit code 2)',
  config_unknown_option: 'no such option (exit code 2)',
  data_dir_in_use: 'another server runs over this data directory',
  data_dir_unusable: 'the data directory cannot be written to',
  database_role_rights: 'the database user may not make the roles `waybill_app` and `waybill_system`',
  database_version: 'the PostgreSQL server is too old',
  listen_failed: 'the address is taken, or may not be listened on',
  master_key_invalid: 'not a master key, not that of this database, or readable by other users',
  master_key_missing: 'the database holds sealed secrets, and there is no key to open them',
  migration_changed: 'a migration differs from the one that was applied',
  migration_failed: 'a migration ended in an error and was rolled back',
  migration_files: 'the migrations of this program are not numbered properly',
  migration_newer_database: 'the database was used by a newer version',
  postgres_binaries_missing: 'the embedded PostgreSQL is not installed',
  postgres_directory: 'its directory cannot be prepared',
  postgres_init_failed: 'initdb failed',
  postgres_leftover: 'an earlier PostgreSQL over the same files does not stop',
  postgres_no_account: 'started as root, and there is no ordinary account for PostgreSQL',
  postgres_not_running: 'a running server keeps the directory, and its PostgreSQL cannot be reached',
  postgres_owner: 'the database files belong to another user',
  postgres_path_closed: "PostgreSQL's user may not pass a directory on the way to the data",
  postgres_start_failed: 'PostgreSQL ended before it was ready',
  postgres_version: 'the database files were made by another PostgreSQL version',
  restore_incomplete: 'a restore into this directory was cut short',
  restore_no_key: 'a restore needs the master key of the backup',
  restore_not_moved: 'the logs of this backup may not go on',
  restore_target_in_use: 'a restore needs an empty directory and an empty database',
  tls_invalid: 'the certificate or its key cannot be read, or the two do not belong together',
};

export const CLI_MEANINGS: Readonly<Record<CliCode, string>> = {
  usage_unknown_command: 'no such command',
  usage_unknown_option: 'no such option',
  usage_missing: 'an argument or option is missing',
  usage_invalid: 'an argument or option cannot be used',
  not_verified: 'a signature, certificate, log proof or expectation does not hold',
  cli_declined: 'a person was asked and said no, or nothing',
  cli_interrupted: 'ended by a signal',
  cli_not_logged_in: 'no token for the server',
  cli_config: 'the saved login is damaged',
  cli_file: 'a file cannot be read or written',
  cli_fetch: 'the document at a URL cannot be fetched, or is too long',
  cli_cue: 'a CUE document cannot be exported: `cue` is not installed, or refuses it',
  cli_server_missing: '`waybill serve` without the server package',
  cli_no_identity: 'nothing says who signs',
  cli_artifact_missing: 'no artifact of that digest in the repository of the workflow',
  cli_credential_helper: 'the credential helper of the Docker configuration could not be asked',
  cli_not_attached: 'the evidence of a run is not beside each of its output images; the registry says why',
  state_missing: 'no attestation is open here',
  state_exists: 'an attestation is open here already',
  state_invalid: 'the state file is damaged, or of another version',
  state_locked: 'another process works on the same attestation',
  state_signed: 'the attestation is signed, so nothing can be added',
  state_replaced: 'another process has started another run in the same place meanwhile',
  state_key_missing: 'the state on the server needs a key that all jobs share, and this job has none',
  state_sealed: 'the state on the server cannot be read with the key of this job',
  state_other_server: 'the attestation was started on another server',
  runner_mismatch: 'the contract wants another CI system',
  runner_variable_missing: 'variables of the CI system are not passed on',
  material_unknown: 'the contract has no such material',
  material_ambiguous: 'several materials of the contract could be meant',
  material_kind_mismatch: 'another kind than the contract wants',
  material_empty: 'the file is empty',
  material_too_large: 'the material is too large for its kind',
  annotation_missing: 'the contract wants an annotation',
  policy_file: 'a file of a policy is not what its name says, or does not fit to the others',
  policy_pin: 'a policy is not the bytes that the contract pins by their digest',
  preview_failed: 'nothing was sent: the server would judge it FAILED',
};

type ClientCode =
  | 'client_unreachable'
  | 'client_protocol'
  | KeyCode
  | OciClientCode
  | OidcCode
  | SigstoreCode;

export const CLIENT_MEANINGS: Readonly<Record<ClientCode, string>> = {
  client_unreachable: 'the Waybill server does not answer',
  client_protocol: 'the answer is not of a Waybill server',
  oidc_unreachable: 'the issuer of identity tokens does not answer',
  oidc_refused: 'the issuer refuses to issue an identity token',
  oidc_protocol: 'the answer is not of an issuer',
  oidc_token_invalid: 'not an identity token, or an expired one',
  sigstore_unreachable: 'the certificate or timestamp authority, or the log, does not answer',
  sigstore_refused: 'it refuses the request',
  sigstore_protocol: 'its answer is not of its protocol',
  sigstore_no_authority: 'the signing config names no certificate authority',
  sigstore_key_not_loggable: 'a kind of key whose signatures no log can check',
  key_not_found: 'no such key file or variable',
  key_unreadable: 'the key cannot be read',
  key_unsupported: 'a kind of key that this version does not sign with',
  key_is_public: 'the public half was given where the private one is needed',
  key_passphrase_missing: 'the key is encrypted, and there is no passphrase',
  key_passphrase_wrong: 'the passphrase does not open the key',
  oci_client_unauthorized: 'the registry wants other credentials',
  oci_client_denied: 'the registry does not allow it',
  oci_client_not_found: 'the registry has no such thing',
  oci_client_refused: 'the registry refuses the request',
  oci_client_unavailable: 'the registry does not answer, or not now',
  oci_client_timeout: 'the registry takes too long',
  oci_client_protocol: 'the answer is not of a registry',
  oci_client_digest_mismatch: 'the bytes are not those of the digest',
  oci_client_too_large: 'more bytes than are read at once',
  oci_client_config_invalid: 'the stored registry credentials are damaged',
};
