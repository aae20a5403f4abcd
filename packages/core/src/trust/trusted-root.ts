import type { KeyObject } from '../crypto.ts';
import type { Certificate } from '../x509/index.ts';

export const TRUSTED_ROOT_MEDIA_TYPE = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1';

/** Who may sign, log and stamp, and when (sigstore_trustroot.proto). Certificates and keys are parsed once, here. */
export interface TrustedRoot {
  readonly tlogs: readonly TransparencyLog[];
  readonly ctlogs: readonly TransparencyLog[];
  /** Each with `certificates` = [...intermediates, root]. */
  readonly certificateAuthorities: readonly CertificateAuthority[];
  /** Each with `certificates` = [leaf, ...intermediates, root], or CAs only. */
  readonly timestampAuthorities: readonly CertificateAuthority[];
}

/** Both ends belong to the period; null: open on that side. */
export interface ValidityPeriod {
  readonly start: Date | null;
  readonly end: Date | null;
}

export interface TransparencyLog {
  readonly baseUrl: string;
  readonly publicKey: KeyObject;
  /** PublicKeyDetails of sigstore_common.proto: `PKIX_ECDSA_P256_SHA_256`. */
  readonly keyDetails: string;
  readonly validFor: ValidityPeriod & { readonly start: Date };
  /** What entries and SCTs name the log by. */
  readonly logId: Uint8Array;
  /** Key id of its checkpoints where that is another one. */
  readonly checkpointKeyId?: Uint8Array;
}

export interface CertificateAuthority {
  readonly organization: string;
  readonly commonName: string;
  readonly uri: string;
  readonly certificates: readonly [Certificate, ...Certificate[]];
  readonly validFor: ValidityPeriod;
}

export function isWithin(period: ValidityPeriod, at: Date): boolean {
  return (period.start === null || period.start <= at) && (period.end === null || at <= period.end);
}
