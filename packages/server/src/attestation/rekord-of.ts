import type { Bundle } from '@waybill/core/bundle';
import { hash, spkiOf } from '@waybill/core/crypto';
import { pae } from '@waybill/core/dsse';
import { type HashedRekord, keyDetailsOf } from '@waybill/core/tlog';
import type { Signer } from '@waybill/core/verify';
import type { Certificate } from '@waybill/core/x509';

/** Who signed, as far as the log wants to know. */
export type RekordSigner =
  | { readonly type: 'certificate'; readonly certificate: Certificate }
  | Extract<Signer, { readonly type: 'key' }>;

/** The signature of an attestation as the log holds it: a hashedrekord over the PAE. Throws `tlog_key_unsupported`. */
export function rekordOf({ content }: Bundle, signer: RekordSigner): HashedRekord {
  if (content.type !== 'dsse') throw new TypeError('only attestations are logged here');
  const { payloadType, payload, signatures } = content.envelope;
  const [key, verifier] =
    signer.type === 'key'
      ? [signer.publicKey, { publicKey: spkiOf(signer.publicKey) }]
      : [signer.certificate.publicKey, { certificate: signer.certificate.der }];
  const details = keyDetailsOf(key);
  return {
    digest: hash(details.hash, pae(payloadType, payload)),
    signature: signatures[0]?.signature ?? new Uint8Array(),
    verifier,
    keyDetails: details.name,
  };
}
