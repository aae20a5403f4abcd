import type { Secret } from '@waybill/core';
import type { Bundle } from '@waybill/core/bundle';
import { IN_TOTO_PAYLOAD_TYPE } from '@waybill/core/dsse';
import type { SigningKey } from '../keys/index.ts';
import { exchangeToken, type IdentityToken } from '../oidc/index.ts';
import type { Service } from './post.ts';
import { unloggedServicesAt } from './services.ts';
import { signBundle } from './sign-bundle.ts';
import { keylessSigner, keySigner, type Signer } from './signer.ts';

/**
 * Keyless: the identity of a workflow, by token exchange, or one that was asked for already. With `key`: that key,
 * which the server must know.
 */
export type SignAs =
  | { readonly type: 'identity'; readonly identity: Promise<IdentityToken> }
  | {
      readonly type: 'workflow';
      readonly token: Secret<string>;
      readonly project: string;
      readonly workflow: string;
    }
  | { readonly type: 'key'; readonly key: SigningKey };

/**
 * The in-toto statement that `makePayload` gives, signed and timestamped by the server's trust services: a Sigstore
 * bundle without a log entry, which the server adds. Keyless, the payload is made while the identity is asked for.
 * Throws `oidc_…`, `sigstore_…`.
 */
export async function signStatement(
  server: Service,
  as: SignAs,
  makePayload: () => Uint8Array,
): Promise<Bundle> {
  const asking = as.type === 'key' ? keySigner(as.key) : keyless(server, as);
  const making = Promise.resolve().then(makePayload);
  const [signer, payload] = await Promise.all([asking, making]);
  return signBundle(unloggedServicesAt(server), signer, {
    type: 'dsse',
    payloadType: IN_TOTO_PAYLOAD_TYPE,
    payload,
  });
}

async function keyless(server: Service, as: Exclude<SignAs, { readonly type: 'key' }>): Promise<Signer> {
  const identity = await (as.type === 'identity' ? as.identity : workflowIdentity(server, as));
  return keylessSigner({ certificates: server }, identity);
}

function workflowIdentity(
  { url, fetch }: Service,
  { token, project, workflow }: Extract<SignAs, { readonly type: 'workflow' }>,
): Promise<IdentityToken> {
  return exchangeToken({ url, fetch, token, workflow: { project, name: workflow } });
}
