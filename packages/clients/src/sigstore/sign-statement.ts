import type { Secret } from '@waybill/core';
import type { Bundle, VerificationMaterial } from '@waybill/core/bundle';
import { IN_TOTO_PAYLOAD_TYPE, pae } from '@waybill/core/dsse';
import { generateEphemeralKey, type SigningKey } from '../keys/index.ts';
import { exchangeToken } from '../oidc/index.ts';
import { certificateFor } from './certificate.ts';
import type { SigstoreServer } from './post.ts';
import { timestampOf } from './timestamp.ts';

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
 * The in-toto statement that `payload` gives, signed and timestamped by the server's trust services: a Sigstore
 * bundle without a log entry, which the server adds. Keyless, the payload is made while the identity is asked for.
 * Throws `oidc_…`, `sigstore_…`.
 */
export async function signStatement(
  server: SigstoreServer,
  as: SignAs,
  payload: () => Uint8Array,
): Promise<Bundle> {
  const signed = as.type === 'key' ? await byKey(as.key, payload()) : await keyless(server, as, payload);
  // After the certificate was issued: the time must lie within its ten minutes.
  const timestamp = await timestampOf(server, signed.signature);
  return {
    version: '0.3',
    content: {
      type: 'dsse',
      envelope: {
        payloadType: IN_TOTO_PAYLOAD_TYPE,
        payload: signed.payload,
        signatures: [{ signature: signed.signature, keyId: signed.keyId }],
      },
    },
    verificationMaterial: signed.material,
    tlogEntries: [],
    timestamps: [timestamp],
  };
}

interface Signed {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly material: VerificationMaterial;
  /** DSSE `keyid`: a hint, '' for a certificate. */
  readonly keyId: string;
}

/** A key that lives for this one signature, certified for the identity of the pipeline. */
async function keyless(
  server: SigstoreServer,
  as: Extract<SignAs, { readonly type: 'workflow' }>,
  makePayload: () => Uint8Array,
): Promise<Signed> {
  const exchange = exchangeToken({
    ...server,
    token: as.token,
    workflow: { project: as.project, name: as.workflow },
  });
  const key = generateEphemeralKey();
  const payload = makePayload();
  const [signature, identity] = await Promise.all([key.sign(pae(IN_TOTO_PAYLOAD_TYPE, payload)), exchange]);
  const der = await certificateFor(server, identity, key);
  return { payload, signature, material: { type: 'certificate', der }, keyId: '' };
}

async function byKey(key: SigningKey, payload: Uint8Array): Promise<Signed> {
  const { fingerprint } = key;
  return {
    payload,
    signature: await key.sign(pae(IN_TOTO_PAYLOAD_TYPE, payload)),
    material: { type: 'public-key', hint: fingerprint },
    keyId: fingerprint,
  };
}
