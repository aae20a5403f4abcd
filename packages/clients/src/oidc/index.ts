/** OpenID Connect as a client: identity tokens for keyless signing. */
export { type AmbientOptions, ambientToken } from './ambient-token.ts';
export type { OidcCode } from './errors.ts';
export { type ExchangedToken, type ExchangeTokenInput, exchangeToken } from './exchange-token.ts';
export { type IdentityToken, readIdentityToken } from './identity-token.ts';
