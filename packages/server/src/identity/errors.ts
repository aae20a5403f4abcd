import { errorsOf } from '@waybill/core';

export const IDENTITY_PROBLEMS = {
  identity_unauthenticated: { status: 401, title: 'Not signed in' },
  identity_forbidden: { status: 403, title: 'Not allowed' },
  identity_name_invalid: { status: 400, title: 'Name not usable' },
  identity_expiry_invalid: { status: 400, title: 'Expiry not usable' },
  identity_scope_invalid: { status: 400, title: 'Scope not usable' },
  identity_token_not_found: { status: 404, title: 'No such token' },
  identity_token_ended: { status: 409, title: 'Token ended' },
  identity_token_exists: { status: 409, title: 'Token name taken' },
  identity_last_owner: { status: 409, title: 'Last owner token' },
  identity_trust_invalid: { status: 400, title: 'Pipeline not to be trusted' },
  identity_trust_not_found: { status: 404, title: 'No such trusted pipeline' },
  identity_pipeline_refused: { status: 401, title: 'Pipeline token not accepted' },
  identity_pipeline_untrusted: { status: 401, title: 'Pipeline not trusted by the workflow' },
  identity_key_invalid: { status: 400, title: 'Public key not usable' },
  identity_key_not_found: { status: 404, title: 'No such key' },
  identity_key_exists: { status: 409, title: 'Key already registered' },
  identity_key_revoked: { status: 409, title: 'Key revoked already' },
  identity_public_url_invalid: { status: 500, title: 'Public URL not usable' },
  identity_issuer_changed: { status: 500, title: 'Issuer changed' },
  identity_signing_key_unreadable: { status: 500, title: 'Signing key not readable' },
  identity_token_malformed: { status: 401, title: 'Identity token malformed' },
  identity_token_type: { status: 401, title: 'Identity token of another kind' },
  identity_token_algorithm: { status: 401, title: 'Identity token algorithm refused' },
  identity_token_issuer: { status: 401, title: 'Identity token of an unknown issuer' },
  identity_token_key: { status: 401, title: 'Identity token signed by an unknown key' },
  identity_token_signature: { status: 401, title: 'Identity token signature wrong' },
  identity_token_audience: { status: 401, title: 'Identity token meant for somebody else' },
  identity_token_expired: { status: 401, title: 'Identity token expired' },
  identity_token_not_yet_valid: { status: 401, title: 'Identity token not valid yet' },
  identity_token_claims: { status: 401, title: 'Identity token claims wrong' },
  identity_token_revoked: { status: 401, title: 'Identity token revoked' },
} as const;

export type IdentityCode = keyof typeof IDENTITY_PROBLEMS;

export const identityError = errorsOf<IdentityCode>();
