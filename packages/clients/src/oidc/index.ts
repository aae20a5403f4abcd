/** OpenID Connect as a client: identity tokens for keyless signing. */
export {
  type ExchangeTokenInput,
  exchangeToken,
  type IdentityToken,
  type OidcCode,
} from './exchange-token.ts';
