import { errorsOf } from '../errors.ts';

export type TlogFormatCode =
  | 'tlog_range_invalid'
  | 'tlog_proof_invalid'
  | 'tlog_note_invalid'
  | 'tlog_checkpoint_invalid'
  | 'tlog_origin_mismatch'
  | 'tlog_signature_invalid'
  | 'tlog_key_unsupported'
  | 'tlog_tile_path_invalid'
  | 'tlog_tile_invalid'
  | 'tlog_bundle_invalid'
  | 'tlog_entry_invalid';

export const tlogFormatError = errorsOf<TlogFormatCode>();
