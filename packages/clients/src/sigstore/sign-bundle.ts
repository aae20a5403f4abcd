import type { Bundle, BundleContent } from '@waybill/core/bundle';
import { hashFor, publicKeyFrom } from '@waybill/core/crypto';
import { digestOf } from '@waybill/core/digest';
import { pae } from '@waybill/core/dsse';
import { logEntryOf } from './log-entry.ts';
import type { TrustServices } from './services.ts';
import type { Signer } from './signer.ts';
import { timestampOf } from './timestamp.ts';

/** What is signed: a file as it is, or a typed payload in an envelope. */
export type ToSign =
  | { readonly type: 'message'; readonly bytes: Uint8Array }
  | { readonly type: 'dsse'; readonly payloadType: string; readonly payload: Uint8Array };

/**
 * The one way to sign: signature, then its time and its log entries, as a Sigstore bundle. What the services
 * answer is not verified here. Throws `sigstore_…`.
 */
export async function signBundle(
  { logs, timestamps }: Pick<TrustServices, 'logs' | 'timestamps'>,
  signer: Signer,
  what: ToSign,
): Promise<Bundle> {
  const signed = what.type === 'message' ? what.bytes : pae(what.payloadType, what.payload);
  const signature = await signer.key.sign(signed);
  const { material } = signer;
  const logged = {
    signed,
    signature,
    publicKey: signer.key.publicKey,
    certificate: material.type === 'certificate' ? material.der : null,
  };
  const [stamped, entries] = await Promise.all([
    Promise.all(timestamps.map((authority) => timestampOf(authority, signature))),
    Promise.all(logs.map((log) => logEntryOf(log, logged))),
  ]);
  return {
    version: '0.3',
    content: contentOf(what, signature, signer),
    verificationMaterial: material,
    tlogEntries: entries,
    timestamps: stamped,
  };
}

function contentOf(what: ToSign, signature: Uint8Array, { key }: Signer): BundleContent {
  if (what.type === 'message') {
    // sigstore-go builds the log entry's body from it, so it has to be by the hash that the key signs with.
    const digest = digestOf(what.bytes, hashFor(publicKeyFrom(key.publicKey)) ?? 'sha256');
    return { type: 'message-signature', digest, signature };
  }
  const { payloadType, payload } = what;
  // go-securesystemslib passes over a signature whose keyid is not the one that it makes up for the key.
  return { type: 'dsse', envelope: { payloadType, payload, signatures: [{ signature, keyId: '' }] } };
}
