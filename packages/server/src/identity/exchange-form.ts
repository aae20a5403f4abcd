/** The forms of token exchange (RFC 8693) and their refusals. */

export const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** RFC 6749 §5.2 and RFC 8693 §2.2.2; the last where another server must be asked first. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'invalid_target'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'temporarily_unavailable';

/** A refusal on its way to `exchangeToken`, which turns it into an answer. */
export class Refusal extends Error {
  readonly error: OAuthErrorCode;

  constructor(error: OAuthErrorCode, description: string) {
    super(description);
    this.error = error;
  }
}

export interface Asker {
  readonly address: string;
  readonly requestId: string;
}

/** RFC 6749 §3.2: a parameter MUST NOT be sent twice, and an empty one counts as left out. */
export function one(form: URLSearchParams, name: string): string | undefined {
  const values = form.getAll(name);
  if (values.length > 1)
    throw new Refusal('invalid_request', `${name}: sent ${values.length} times, expected once`);
  return values[0] === '' ? undefined : values[0];
}
