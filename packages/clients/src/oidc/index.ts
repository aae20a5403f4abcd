/** OpenID Connect as a client: identity tokens for keyless signing. */
export { type AmbientOptions, ambientToken, pipelineToken } from './ambient-token.ts';
export type { OidcCode } from './errors.ts';
export {
  type ExchangedToken,
  type ExchangePipelineTokenInput,
  type ExchangeTokenInput,
  exchangePipelineToken,
  exchangeToken,
} from './exchange-token.ts';
export { type IdentityToken, readIdentityToken } from './identity-token.ts';
