/** What the authorities sign, beside the main thread (`ground/threads`): pure, and with core as its only import of weight. */
import type { KeyObject } from '@waybill/core/crypto';
import {
  buildSigningTbs,
  buildTimestampResponse,
  type CertificateFrame,
  type CertificateIssuer,
  ctMerkleTreeLeaf,
  embedSctList,
  type FulcioExtensions,
  parseCertificate,
  type SanIdentity,
  sctListExtension,
  signCertificate,
  signPrecertificate,
  type TimestampStatement,
  timestampSigner,
} from '@waybill/core/x509';
import { type ClaimedKey, provenKey } from './proof-of-possession.ts';

/** The keys of this process, handed to each thread when it starts. */
export interface SigningKeys {
  readonly certificate: { readonly issuer: CertificateIssuer; readonly publicKey: KeyObject };
  readonly timestamp: {
    readonly privateKey: KeyObject;
    /** DER. */
    readonly certificate: Uint8Array;
  };
}

export interface PrecertificateOrder extends Omit<CertificateFrame, 'publicKey'> {
  /** A key that the caller itself made, or one that has yet to prove itself. */
  readonly key: KeyObject | ClaimedKey;
  readonly identity: SanIdentity;
  readonly extensions: FulcioExtensions;
}

export interface Precertificate {
  /** TBSCertificate, DER. */
  readonly tbs: Uint8Array;
  /** MerkleTreeLeaf, RFC 6962 §3.4, with the time of notBefore. */
  readonly leaf: Uint8Array;
  /** By the authority over the precertificate. */
  readonly signature: Uint8Array;
}

/** Throws what `provenKey` throws. */
function precertificate({ certificate }: SigningKeys, order: PrecertificateOrder): Precertificate {
  const { issuer, publicKey: issuerPublicKey } = certificate;
  const publicKey = 'claim' in order.key ? provenKey(order.key) : order.key;
  const tbs = buildSigningTbs({ ...order, publicKey, issuer });
  return {
    tbs,
    leaf: ctMerkleTreeLeaf({ timestampMs: order.notBefore.getTime(), issuerPublicKey, tbs }),
    signature: signPrecertificate(tbs, issuer.privateKey),
  };
}

export function openTasks(keys: SigningKeys) {
  const { timestamp, certificate } = keys;
  const stamper = timestampSigner(timestamp.privateKey, parseCertificate(timestamp.certificate));
  return {
    precertificate: (order: PrecertificateOrder): Precertificate => precertificate(keys, order),
    /** The certificate in DER. The caller MUST have the entry of its precertificate in the log. */
    certificate: ({ tbs, sct }: { readonly tbs: Uint8Array; readonly sct: Uint8Array }): Uint8Array =>
      signCertificate(embedSctList(tbs, sctListExtension([sct])), certificate.issuer.privateKey),
    /** TimeStampResp in DER. Throws `x509_timestamp_policy`. */
    timestamp: (statement: TimestampStatement): Uint8Array => buildTimestampResponse(stamper, statement),
  };
}
export type SigningTasks = ReturnType<typeof openTasks>;
