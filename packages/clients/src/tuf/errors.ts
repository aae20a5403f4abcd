import { errorsOf } from '@waybill/core';

export type TufClientCode =
  /** The mirror does not answer, or not with what a repository has. */
  | 'tuf_client_unreachable'
  /** What the mirror gave is not what the root allows. */
  | 'tuf_client_not_verified'
  /** What an earlier call kept cannot be read. */
  | 'tuf_client_state';

export const tufClientError = errorsOf<TufClientCode>();
