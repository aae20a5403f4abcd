import { errorsOf } from '@waybill/core';

export const TRUST_PROBLEMS = {
  trust_request_invalid: { status: 400, title: 'Certificate request malformed' },
  trust_token_missing: { status: 400, title: 'Identity token missing' },
  trust_token_subject: { status: 400, title: 'Identity token not fit for a certificate' },
  trust_possession_unproven: { status: 400, title: 'Key possession not proven' },
  trust_key_refused: { status: 400, title: 'Public key not accepted' },
  trust_token_malformed: { status: 400, title: 'Identity token malformed' },
  trust_token_refused: { status: 400, title: 'Identity token refused' },
  trust_token_claims: { status: 400, title: 'Identity token for another place or time' },
  trust_issuer_unknown: { status: 400, title: 'Identity token of an unknown issuer' },
  trust_issuer_unreachable: { status: 503, title: 'Issuer unreachable' },
  trust_issuer_invalid: { status: 400, title: 'Issuer not usable' },
  trust_issuer_exists: { status: 409, title: 'Issuer already listed' },
  trust_issuer_conflict: { status: 409, title: 'Issuer means something else here' },
  trust_issuer_not_found: { status: 404, title: 'No such issuer' },
  trust_ct_unavailable: { status: 503, title: 'Certificate transparency log not available' },
  trust_authority_expired: { status: 503, title: 'Authority expired' },
  trust_clock_behind: { status: 503, title: 'The clock of the server is behind' },
  trust_clock_doubted: { status: 503, title: 'The clock of the server is in doubt' },
  trust_tuf_not_found: { status: 404, title: 'No such file in the TUF repository' },
  trust_tuf_text: { status: 500, title: 'TUF metadata not writable' },
  trust_tuf_unreadable: { status: 500, title: 'TUF key not readable' },
  trust_authority_unreadable: { status: 500, title: 'Authority not readable' },
} as const;

export type TrustCode = keyof typeof TRUST_PROBLEMS;

export const trustError = errorsOf<TrustCode>();
