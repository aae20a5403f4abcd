import { errorsOf } from '@waybill/core';

export type OidcCode = 'oidc_unreachable' | 'oidc_refused' | 'oidc_protocol' | 'oidc_token_invalid';

export const oidcError = errorsOf<OidcCode>();
