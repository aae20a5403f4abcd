import { isCoded, Secret } from '@waybill/core';
import { Fields, fromBase64, parseJson } from '@waybill/core/bytes';
import { trustError } from './errors.ts';
import type { SigningRequest } from './issue.ts';
import type { KeyClaim } from './proof-of-possession.ts';

/**
 * Fulcio's CreateSigningCertificateRequest in protojson (sigstore/fulcio fulcio.proto). The token may stand in
 * the body or come as bearer token; when both are there they must agree. Throws `trust_request_invalid`,
 * `trust_token_missing`.
 */
export function parseSigningRequest(body: Uint8Array, authorization: string | undefined): SigningRequest {
  try {
    const fields = new Fields(parseJson(body, 'request', { maxDepth: 8 }), 'request');
    return { token: readToken(fields, authorization), key: readKeyClaim(fields) };
  } catch (cause) {
    if (isCoded(cause, 'trust_token_missing', 'trust_request_invalid') || !isCoded(cause)) throw cause;
    throw trustError('trust_request_invalid', cause.message, { cause });
  }
}

function readToken(fields: Fields, authorization: string | undefined): Secret<string> {
  const credentials = fields.optionalObject('credentials');
  const inBody = credentials && text(credentials, 'oidcIdentityToken', 'oidc_identity_token');
  const [, bearer] = /^Bearer +([^\s]+)$/i.exec(authorization ?? '') ?? [];
  if (inBody !== undefined && bearer !== undefined && inBody !== bearer) {
    throw trustError(
      'trust_request_invalid',
      'Two different identity tokens: one in credentials.oidcIdentityToken, one in the Authorization header. Send one.',
    );
  }
  const token = inBody ?? bearer;
  if (token === undefined) {
    throw trustError(
      'trust_token_missing',
      'No identity token: send it as credentials.oidcIdentityToken or as "Authorization: Bearer …".',
    );
  }
  return new Secret(token);
}

function readKeyClaim(fields: Fields): KeyClaim {
  const csr = text(fields, 'certificateSigningRequest', 'certificate_signing_request');
  const request = either(fields, 'publicKeyRequest', 'public_key_request');
  if ((csr === undefined) === (request === undefined)) {
    throw trustError(
      'trust_request_invalid',
      'Expected either publicKeyRequest or certificateSigningRequest, and not both.',
    );
  }
  if (request === undefined) {
    return { type: 'csr', content: fromBase64(csr ?? '', 'request.certificateSigningRequest') };
  }
  const key = either(request, 'publicKey', 'public_key');
  const proof = text(request, 'proofOfPossession', 'proof_of_possession');
  if (key === undefined || proof === undefined) {
    throw trustError(
      'trust_request_invalid',
      'publicKeyRequest: expected publicKey.content and proofOfPossession.',
    );
  }
  return {
    type: 'public-key',
    content: key.string('content'),
    proof: fromBase64(proof, 'request.publicKeyRequest.proofOfPossession'),
  };
}

/** protojson: a field may be written in camel case or as in the .proto file; an empty text is an absent one. */
function text(fields: Fields, camel: string, snake: string): string | undefined {
  const value = fields.optionalString(camel) ?? fields.optionalString(snake);
  return value === '' ? undefined : value;
}

function either(fields: Fields, camel: string, snake: string): Fields | undefined {
  return fields.optionalObject(camel) ?? fields.optionalObject(snake);
}
