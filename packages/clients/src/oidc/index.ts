/** OpenID Connect as a client: identity tokens for keyless signing. */
export {
  exchangeToken,
  type ExchangeTokenInput,
  type IdentityToken,
  type OidcCode,
} from './exchange-token.ts';
