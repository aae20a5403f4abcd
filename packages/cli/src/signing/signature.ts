import type { VerificationMaterial } from '@waybill/core/bundle';
import type { Secret } from '@waybill/core';
import type { Session } from '../session.ts';
import { certificateFor } from './certificate.ts';
import { timestampOf } from './timestamp.ts';

/** A signature with what a verifier needs beside the payload. */
export interface SignedBytes {
  readonly signature: Uint8Array;
  readonly material: VerificationMaterial;
  /** DSSE `keyid`: a hint, '' for a certificate. */
  readonly keyId: string;
  /** RFC 3161 response over the signature, DER. */
  readonly timestamp: Uint8Array;
}

export interface SignOptions {
  readonly server: string;
  readonly token: Secret<string>;
  readonly project: string;
  readonly workflow: string;
  /** `FILE` or `env://NAME`; undefined: keyless. */
  readonly key: string | undefined;
}

/** Signs the bytes that `payload` resolves to. Without a key the identity is asked for while they are made. */
export async function signBytes(
  session: Session,
  options: SignOptions,
  payload: () => Uint8Array,
): Promise<SignedBytes> {
  const { signature, material, keyId } =
    options.key === undefined
      ? await signKeyless(options, payload)
      : await signWithKey(session, options.key, payload);
  // After the certificate was issued: the time must lie within its ten minutes.
  return { signature, material, keyId, timestamp: await timestampOf(options.server, signature) };
}

type Signature = Omit<SignedBytes, 'timestamp'>;

/** A key that lives for this one signature, certified for the identity of the pipeline. */
async function signKeyless(options: SignOptions, payload: () => Uint8Array): Promise<Signature> {
  const [{ exchangeToken }, { generateEphemeralKey }] = await Promise.all([
    import('@waybill/clients/oidc'),
    import('@waybill/clients/keys'),
  ]);
  const { server: url, token, project, workflow } = options;
  const exchange = exchangeToken({ url, token, workflow: { project, name: workflow } });
  const key = generateEphemeralKey();
  const [signature, identity] = await Promise.all([key.sign(payload()), exchange]);
  const certificate = await certificateFor(url, identity, key);
  return { signature, material: { type: 'certificate', der: certificate }, keyId: '' };
}

async function signWithKey(
  session: Session,
  reference: string,
  payload: () => Uint8Array,
): Promise<Signature> {
  const { loadKey } = await import('@waybill/clients/keys');
  const key = await loadKey(reference, { env: session.env });
  return {
    signature: await key.sign(payload()),
    material: { type: 'public-key', hint: key.fingerprint },
    keyId: key.fingerprint,
  };
}
