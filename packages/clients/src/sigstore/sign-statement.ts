import type { Secret } from '@waybill/core';
import type { Bundle } from '@waybill/core/bundle';
import { IN_TOTO_PAYLOAD_TYPE } from '@waybill/core/dsse';
import type { SigningKey } from '../keys/index.ts';
import { exchangeToken } from '../oidc/index.ts';
import type { Service } from './post.ts';
import { unloggedServicesAt } from './services.ts';
import { signBundle } from './sign-bundle.ts';
import { keylessSigner, keySigner, type Signer } from './signer.ts';

/** Keyless: the identity of a workflow, by token exchange. With `key`: that key, which the server must know. */
export type SignAs =
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
  const asking = as.type === 'key' ? keySigner(as.key) : workflowSigner(server, as);
  const making = Promise.resolve().then(makePayload);
  const [signer, payload] = await Promise.all([asking, making]);
  return signBundle(unloggedServicesAt(server), signer, {
    type: 'dsse',
    payloadType: IN_TOTO_PAYLOAD_TYPE,
    payload,
  });
}

async function workflowSigner(
  server: Service,
  as: Extract<SignAs, { readonly type: 'workflow' }>,
): Promise<Signer> {
  const { token, project, workflow } = as;
  const { url, fetch } = server;
  const identity = await exchangeToken({ url, fetch, token, workflow: { project, name: workflow } });
  return keylessSigner({ certificates: server }, identity);
}
