import { errorsOf } from '@waybill/core';

export const TLOG_PROBLEMS = {
  tlog_busy: { status: 503, title: 'Log busy' },
  tlog_not_leader: { status: 503, title: 'Log written elsewhere' },
  tlog_unavailable: { status: 503, title: 'Log unavailable' },
  tlog_closed: { status: 503, title: 'Log closed' },
  tlog_entry_not_found: { status: 404, title: 'No such entry' },
  tlog_log_not_found: { status: 404, title: 'No such log' },
  tlog_tile_not_found: { status: 404, title: 'No such tile' },
  tlog_request_invalid: { status: 400, title: 'Log request invalid' },
  tlog_signature_refused: { status: 400, title: 'Signature not valid' },
  tlog_ct_closed: { status: 403, title: 'Only the authority of this server logs certificates' },
  tlog_key_refused: { status: 400, title: 'Key not accepted' },
  tlog_frozen: { status: 503, title: 'Log frozen' },
  tlog_guard: { status: 503, title: 'Guard of the log not usable' },
  // The rest of a start: the server ends with the message.
  tlog_rolled_back: { status: 500, title: 'Log restored from an old backup' },
  tlog_copied: { status: 500, title: 'Log copied' },
  tlog_damaged: { status: 500, title: 'Log damaged' },
  tlog_name_invalid: { status: 500, title: 'Log name not usable' },
  // What core/tlog finds wrong with bytes.
  tlog_range_invalid: { status: 400, title: 'Outside the log' },
  tlog_proof_invalid: { status: 400, title: 'Proof not valid' },
  tlog_note_invalid: { status: 400, title: 'Signed note not valid' },
  tlog_checkpoint_invalid: { status: 400, title: 'Checkpoint not valid' },
  tlog_origin_mismatch: { status: 400, title: 'Another log' },
  tlog_signature_invalid: { status: 400, title: 'Checkpoint signature not valid' },
  tlog_key_unsupported: { status: 400, title: 'Key not supported' },
  tlog_tile_path_invalid: { status: 404, title: 'Not a tile' },
  tlog_tile_invalid: { status: 500, title: 'Stored tile damaged' },
  tlog_bundle_invalid: { status: 500, title: 'Stored entries damaged' },
  tlog_entry_invalid: { status: 400, title: 'Entry not valid' },
} as const;

export type TlogCode = keyof typeof TLOG_PROBLEMS;

export const tlogError = errorsOf<TlogCode>();
