/** How a code is shown over HTTP (RFC 9457). `title` is the same for every occurrence; the message goes into `detail`. */
export interface Problem {
  readonly status: number;
  readonly title: string;
}

export type ProblemMap = Readonly<Record<string, Problem>>;

/** Codes of ground itself. */
export const GROUND_PROBLEMS = {
  internal: { status: 500, title: 'Internal error' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  request_invalid: { status: 400, title: 'Invalid request' },
  request_malformed: { status: 400, title: 'Malformed request' },
  request_too_large: { status: 413, title: 'Request too large' },
  request_headers_too_large: { status: 431, title: 'Request headers too large' },
  request_media_type: { status: 415, title: 'Unsupported media type' },
  request_timeout: { status: 408, title: 'Request timeout' },
  metrics_unauthenticated: { status: 401, title: 'Metrics are not public' },
  rate_limited: { status: 429, title: 'Too many requests' },
  thread_lost: { status: 503, title: 'The check was ended' },
  process_lost: { status: 503, title: 'The evaluation was ended' },
  process_not_started: { status: 503, title: 'No process for the evaluation' },
  server_stopping: { status: 503, title: 'The server is stopping' },
  database_unavailable: { status: 503, title: 'Database unavailable' },
  database_timeout: { status: 503, title: 'Database too slow' },
  database_org_invalid: { status: 500, title: 'Internal error' },
  blob_not_found: { status: 404, title: 'Blob not found' },
  blob_digest_mismatch: { status: 400, title: 'Wrong digest' },
  blob_too_large: { status: 413, title: 'Blob too large' },
  blob_wrong_offset: { status: 416, title: 'Wrong offset' },
  blob_range_invalid: { status: 416, title: 'Range not satisfiable' },
  blob_key_invalid: { status: 400, title: 'Invalid blob key' },
  blob_busy: { status: 409, title: 'Upload in use' },
  blob_interrupted: { status: 400, title: 'Upload interrupted' },
  blob_disk_full: { status: 507, title: 'Storage full' },
  blob_unavailable: { status: 503, title: 'Storage unavailable' },
  egress_refused: { status: 400, title: 'Address not to be dialled' },
  egress_unreachable: { status: 503, title: 'Another server does not answer' },
  tls_required: { status: 400, title: 'TLS required' },
  follower_interrupted: { status: 500, title: 'Interrupted' },
  dead_letter_not_found: { status: 404, title: 'No such dead letter' },
  seal_broken: { status: 500, title: 'Stored secret unreadable' },
} as const satisfies ProblemMap;

/**
 * Codes that only a start or a command can meet: the program prints the message and ends.
 * They are listed so that the architecture test can tell them from a forgotten mapping.
 */
export const START_CODES = [
  'backup_exists',
  'backup_file',
  'backup_invalid',
  'backup_newer',
  'backup_no_source',
  'backup_not_authentic',
  'backup_server_runs',
  'config_invalid',
  'config_unknown_option',
  'data_dir_in_use',
  'data_dir_unusable',
  'database_role_rights',
  'database_version',
  'listen_failed',
  'master_key_invalid',
  'master_key_missing',
  'migration_changed',
  'migration_failed',
  'migration_files',
  'migration_newer_database',
  'postgres_binaries_missing',
  'postgres_directory',
  'postgres_init_failed',
  'postgres_leftover',
  'postgres_no_account',
  'postgres_not_running',
  'postgres_owner',
  'postgres_path_closed',
  'postgres_start_failed',
  'postgres_version',
  'restore_incomplete',
  'restore_no_key',
  'restore_not_moved',
  'restore_target_in_use',
  'tls_invalid',
] as const;
